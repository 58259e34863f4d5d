//! Pixels, and how they become fewer: each new pixel is the average of the area that it covers, which needs no more memory than
//! the result.

/// A picture in 8 bits: RGB in three channels, RGB and alpha or CMYK in four.
pub(super) struct Pixels {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) channels: usize,
    pub(super) data: Vec<u8>,
}

/// The height that belongs to this width.
pub(super) fn height_of(width: u32, (full_width, full_height): (u32, u32)) -> u32 {
    let exact = u64::from(full_height) * u64::from(width) / u64::from(full_width.max(1));
    u32::try_from(exact).unwrap_or(u32::MAX).max(1)
}

/// A picture of this width.
pub(super) fn reduced(picture: Pixels, width: u32) -> Pixels {
    let full = (picture.width, picture.height);
    let mut reducer = Reducer::new(full, (width, height_of(width, full)), picture.channels, true);
    for row in picture.data.chunks_exact(picture.width as usize * picture.channels) {
        reducer.push(row);
    }
    reducer.finish()
}

/// Takes the rows of a picture one after the other, and makes a smaller one of them.
pub(super) struct Reducer {
    full: (u32, u32),
    size: (u32, u32),
    channels: usize,
    /// Whether the fourth channel is alpha: then what is transparent lends no colour to its neighbours.
    has_alpha: bool,
    /// For each column of the source: where it goes, and how much of it.
    columns: Vec<Share>,
    /// The sums of the row that is being made, and the weight that each sum has.
    sums: Vec<f32>,
    weights: Vec<f32>,
    next_row: u32,
    data: Vec<u8>,
}

/// How one column or row is shared out: to `first` and, where it lies across the border, to the next.
#[derive(Clone, Copy)]
struct Share {
    first: usize,
    to_first: f32,
    to_next: f32,
}

impl Reducer {
    /// From one size to another that is not larger.
    pub(super) fn new(full: (u32, u32), size: (u32, u32), channels: usize, has_alpha: bool) -> Self {
        let columns = (0..full.0).map(|column| Share::new(column, full.0, size.0)).collect();
        let row = size.0 as usize * channels;
        Self {
            full,
            size,
            channels,
            has_alpha: has_alpha && channels == 4,
            columns,
            sums: vec![0.0; row],
            weights: vec![0.0; row],
            next_row: 0,
            data: Vec::with_capacity(row * size.1 as usize),
        }
    }

    pub(super) fn push(&mut self, row: &[u8]) {
        let share = Share::new(self.next_row, self.full.1, self.size.1);
        self.next_row += 1;
        self.add(row, share.to_first);
        let ends = u64::from(self.next_row) * u64::from(self.size.1)
            >= (share.first as u64 + 1) * u64::from(self.full.1);
        if ends {
            self.write_row();
            if share.to_next > 0.0 {
                self.add(row, share.to_next);
            }
        }
    }

    fn add(&mut self, row: &[u8], weight: f32) {
        for (pixel, share) in row.chunks_exact(self.channels).zip(&self.columns) {
            let alpha = match pixel {
                [_, _, _, alpha] if self.has_alpha => f32::from(*alpha) / 255.0,
                _ => 1.0,
            };
            for (column, part) in [(share.first, share.to_first), (share.first + 1, share.to_next)] {
                if part <= 0.0 {
                    continue;
                }
                let (from, part) = (column * self.channels, part * weight);
                let sums = self.sums.iter_mut().zip(&mut self.weights).skip(from);
                for (channel, (value, (sum, total))) in pixel.iter().zip(sums).enumerate() {
                    let part = if channel < 3 { part * alpha } else { part };
                    *sum += f32::from(*value) * part;
                    *total += part;
                }
            }
        }
    }

    fn write_row(&mut self) {
        for (sum, weight) in self.sums.iter_mut().zip(&mut self.weights) {
            let mean = if *weight > 0.0 { *sum / *weight } else { 0.0 };
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a mean of bytes")]
            self.data.push((mean + 0.5) as u8);
            (*sum, *weight) = (0.0, 0.0);
        }
    }

    pub(super) fn finish(mut self) -> Pixels {
        // Rounding may leave the last row to be written.
        self.data.resize(self.size.0 as usize * self.size.1 as usize * self.channels, 0);
        Pixels { width: self.size.0, height: self.size.1, channels: self.channels, data: self.data }
    }
}

impl Share {
    /// Of column `at` among `full`, on a raster of `size`.
    fn new(at: u32, full: u32, size: u32) -> Self {
        let (at, full, size) = (u64::from(at), u64::from(full.max(1)), u64::from(size));
        let (begin, end) = (at * size, (at + 1) * size);
        let first = begin / full;
        let border = (first + 1) * full;
        #[expect(clippy::cast_precision_loss, reason = "a share is at most the width of a picture")]
        let part = |units: u64| units as f32 / full as f32;
        let to_next = end.saturating_sub(border);
        Self {
            first: usize::try_from(first).unwrap_or_default(),
            to_first: part(end - begin - to_next),
            to_next: part(to_next),
        }
    }
}
