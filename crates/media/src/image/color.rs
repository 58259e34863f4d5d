//! Colours: from the space that a picture's profile describes to sRGB, in which a picture without a profile is shown.

use moxcms::{CicpProfile, ColorProfile, DataColorSpace, Layout, TransformOptions};

use super::reduce::Pixels;

/// What a file says about its colours.
pub(super) enum Space {
    /// Nothing: sRGB.
    Unsaid,
    /// An ICC profile.
    Icc(Vec<u8>),
    /// Code points of ITU-T H.273: primaries and transfer.
    CodePoints(u8, u8),
}

/// The picture in sRGB. Where the profile cannot be read or is about other channels, RGB stays as it is.
pub(super) fn to_srgb(picture: Pixels, space: &Space, is_cmyk: bool) -> Pixels {
    let profile = match space {
        Space::Unsaid => None,
        Space::Icc(bytes) => ColorProfile::new_from_slice(bytes).ok(),
        Space::CodePoints(primaries, transfer) => code_points(*primaries, *transfer),
    };
    let wanted = if is_cmyk { DataColorSpace::Cmyk } else { DataColorSpace::Rgb };
    let profile = profile.filter(|profile| profile.color_space == wanted);
    match (profile, is_cmyk) {
        (Some(profile), _) => match transformed(&picture, &profile, is_cmyk) {
            Some(data) => Pixels { channels: if is_cmyk { 3 } else { picture.channels }, data, ..picture },
            None if is_cmyk => without_profile(picture),
            None => picture,
        },
        (None, true) => without_profile(picture),
        (None, false) => picture,
    }
}

fn code_points(primaries: u8, transfer: u8) -> Option<ColorProfile> {
    let codes = CicpProfile {
        color_primaries: primaries.try_into().ok()?,
        transfer_characteristics: transfer.try_into().ok()?,
        matrix_coefficients: moxcms::MatrixCoefficients::Identity,
        full_range: true,
    };
    Some(ColorProfile::new_from_cicp(codes))
}

fn transformed(picture: &Pixels, profile: &ColorProfile, is_cmyk: bool) -> Option<Vec<u8>> {
    // CMYK has the layout of RGBA: four bytes.
    let from = if picture.channels == 4 { Layout::Rgba } else { Layout::Rgb };
    let (to, channels) = if is_cmyk { (Layout::Rgb, 3) } else { (from, picture.channels) };
    let srgb = ColorProfile::new_srgb();
    let transform = profile.create_transform_8bit(from, &srgb, to, TransformOptions::default()).ok()?;
    let mut data = vec![0; picture.data.len() / picture.channels * channels];
    transform.transform(&picture.data, &mut data).ok()?;
    Some(data)
}

/// The plain arithmetic of inks, where nobody says what they look like.
fn without_profile(picture: Pixels) -> Pixels {
    let mut data = Vec::with_capacity(picture.data.len() / 4 * 3);
    for pixel in picture.data.chunks_exact(4) {
        let black = 255 - u16::from(pixel.last().copied().unwrap_or_default());
        for ink in pixel.iter().take(3) {
            let light = (255 - u16::from(*ink)) * black / 255;
            data.push(u8::try_from(light).unwrap_or(u8::MAX));
        }
    }
    Pixels { channels: 3, data, ..picture }
}
