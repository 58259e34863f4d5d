//! Films, byte by byte: MP4 and WebM files with nothing to see, but with everything that says how they are made.

/// A box of an MP4 file.
pub fn mp4_box(name: &[u8], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len() + 8).unwrap();
    [&length.to_be_bytes()[..], name, content].concat()
}

/// A whole MP4 file of this duration.
pub fn mp4_film(milliseconds: u32) -> Vec<u8> {
    Mp4 { milliseconds, ..Mp4::default() }.file()
}

/// What an MP4 file is made of.
pub struct Mp4 {
    pub brand: [u8; 4],
    pub milliseconds: u32,
    /// What the track is for, and how it is coded.
    pub handler: [u8; 4],
    pub code: [u8; 4],
    /// Boxes of the description of how it is coded.
    pub described: Vec<u8>,
    pub size: (u16, u16),
    /// Whether the picture is shown turned by a quarter.
    pub is_turned: bool,
    pub samples: u32,
    /// Boxes and tracks that are added to the movie, and boxes that are added to the track.
    pub in_movie: Vec<u8>,
    pub in_track: Vec<u8>,
    /// What the pictures are.
    pub media: Vec<u8>,
}

impl Default for Mp4 {
    fn default() -> Self {
        Self {
            brand: *b"isom",
            milliseconds: 10_000,
            handler: *b"vide",
            code: *b"avc1",
            described: Vec::new(),
            size: (1280, 720),
            is_turned: false,
            samples: 1,
            in_movie: Vec::new(),
            in_track: Vec::new(),
            media: vec![0; 500],
        }
    }
}

impl Mp4 {
    /// Where the content of `mdat` begins in every file.
    pub const MEDIA: u32 = 40;

    pub fn ftyp(&self) -> Vec<u8> {
        mp4_box(b"ftyp", &[&self.brand[..], b"\0\0\x02\0isomiso2avc1mp41"].concat())
    }

    pub fn moov(&self) -> Vec<u8> {
        let times = [1000_u32.to_be_bytes(), self.milliseconds.to_be_bytes()].concat();
        let head = mp4_box(b"mvhd", &[&[0; 12][..], &times, &[0; 80]].concat());
        mp4_box(b"moov", &[head, self.track(1, Self::MEDIA), self.in_movie.clone()].concat())
    }

    /// The metadata follows the frames, as cameras write it.
    pub fn file(&self) -> Vec<u8> {
        [self.ftyp(), mp4_box(b"mdat", &self.media), self.moov()].concat()
    }

    /// The track, with one chunk of samples of 100 bytes.
    pub fn track(&self, id: u32, chunk: u32) -> Vec<u8> {
        let number = |number: u32| number.to_be_bytes();
        let (one, zero) = (number(0x1_0000), number(0));
        let turned =
            [zero, one, zero, number(0xffff_0000), zero, zero, zero, zero, number(0x4000_0000)].concat();
        let upright = [one, zero, zero, zero, one, zero, zero, zero, number(0x4000_0000)].concat();
        let matrix = if self.is_turned { turned } else { upright };
        let tkhd = [&[0; 12][..], &number(id), &[0; 24], &matrix, &[0; 8]].concat();
        let times = [number(1000), number(self.milliseconds)].concat();
        let mdhd = [&[0; 12][..], &times, &[0; 4]].concat();
        let hdlr = [&[0; 8][..], &self.handler, &[0; 13]].concat();
        let (width, height) = (self.size.0.to_be_bytes(), self.size.1.to_be_bytes());
        let visual = [&[0; 24][..], &width, &height, &[0; 50], &self.described].concat();
        let stsd = [&[0; 4][..], &number(1), &mp4_box(&self.code, &visual)].concat();
        let table = [
            mp4_box(b"stsd", &stsd),
            mp4_box(b"stsc", &[number(0), number(1), number(1), number(self.samples), number(1)].concat()),
            mp4_box(b"stsz", &[number(0), number(100), number(self.samples)].concat()),
            mp4_box(b"stco", &[number(0), number(1), number(chunk)].concat()),
        ]
        .concat();
        let mdia =
            [mp4_box(b"mdhd", &mdhd), mp4_box(b"hdlr", &hdlr), mp4_box(b"minf", &mp4_box(b"stbl", &table))]
                .concat();
        mp4_box(b"trak", &[mp4_box(b"tkhd", &tkhd), mp4_box(b"mdia", &mdia), self.in_track.clone()].concat())
    }
}

/// A fragmented file as a browser records it: no header knows the sum. Each fragment has ten frames of 100 milliseconds.
pub fn fragmented_mp4(fragments: u32) -> Vec<u8> {
    let number = |number: u32| number.to_be_bytes();
    let trex =
        mp4_box(b"trex", &[number(0), number(1), number(1), number(100), number(0), number(0)].concat());
    let movie = Mp4 { milliseconds: 0, samples: 0, in_movie: mp4_box(b"mvex", &trex), ..Mp4::default() };
    let mut file = [movie.ftyp(), movie.moov()].concat();
    for fragment in 0..fragments {
        let tfhd = mp4_box(b"tfhd", &[number(0x2_0000), number(1)].concat());
        let tfdt = mp4_box(b"tfdt", &[number(0), number(fragment * 1000)].concat());
        // Half of the fragments say how long each frame is.
        let trun = if fragment % 2 == 0 {
            mp4_box(b"trun", &[number(0), number(10)].concat())
        } else {
            mp4_box(b"trun", &[[number(0x100), number(10)].concat(), number(100).repeat(10)].concat())
        };
        let traf = mp4_box(b"traf", &[tfhd, tfdt, trun].concat());
        file.extend(mp4_box(b"moof", &[mp4_box(b"mfhd", &[0; 8]), traf].concat()));
        file.extend(mp4_box(b"mdat", &[0; 300]));
    }
    file
}

/// An element of a WebM file.
fn element(id: &[u8], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap();
    [id, &[0x10 | (length >> 24) as u8], &length.to_be_bytes()[1..], content].concat()
}

/// A WebM file of six seconds with five frames a second.
pub struct WebM {
    /// Whether a header says how long it is.
    pub has_duration: bool,
    /// Whether it was recorded live: then nothing has a size.
    pub is_live: bool,
    pub kind: u8,
    /// Elements before the frames.
    pub more: Vec<u8>,
}

impl WebM {
    pub fn file(&self) -> Vec<u8> {
        let unknown = |id: &[u8], content: &[u8]| {
            if self.is_live {
                [id, b"\x01\xff\xff\xff\xff\xff\xff\xff", content].concat()
            } else {
                element(id, content)
            }
        };
        let mut info = element(b"\x2a\xd7\xb1", &1_000_000_u32.to_be_bytes());
        if self.has_duration {
            info.extend(element(b"\x44\x89", &6000_f64.to_be_bytes()));
        }
        let size =
            [element(b"\xb0", &640_u16.to_be_bytes()), element(b"\xba", &360_u16.to_be_bytes())].concat();
        let track = [
            element(b"\xd7", &[1]),
            element(b"\x83", &[self.kind]),
            element(b"\x86", b"V_VP9"),
            element(b"\x23\xe3\x83", &200_000_000_u32.to_be_bytes()),
            element(b"\xe0", &size),
        ];
        let mut body = element(b"\x15\x49\xa9\x66", &info);
        body.extend(element(b"\x16\x54\xae\x6b", &element(b"\xae", &track.concat())));
        body.extend(&self.more);
        for cluster in 0..3_u32 {
            let mut content = element(b"\xe7", &(cluster * 2000).to_be_bytes());
            for frame in 0..10_i16 {
                content.extend(element(
                    b"\xa3",
                    &[b"\x81", &(frame * 200).to_be_bytes()[..], b"\0", &[7; 50]].concat(),
                ));
            }
            body.extend(unknown(b"\x1f\x43\xb6\x75", &content));
        }
        [element(b"\x1a\x45\xdf\xa3", &element(b"\x42\x82", b"webm")), unknown(b"\x18\x53\x80\x67", &body)]
            .concat()
    }
}

/// What people wrote about a WebM file.
pub fn webm_tags(text: &[u8]) -> Vec<u8> {
    let simple = [element(b"\x45\xa3", b"LOCATION"), element(b"\x44\x87", text)].concat();
    element(b"\x12\x54\xc3\x67", &element(b"\x73\x73", &element(b"\x67\xc8", &simple)))
}
