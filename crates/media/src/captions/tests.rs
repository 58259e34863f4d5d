//! Tests of captions.

use super::*;

fn converted(bytes: &[u8]) -> String {
    String::from_utf8(read(bytes).unwrap().web_vtt.into_owned()).unwrap()
}

#[test]
fn what_browsers_take_stays_as_it_is() {
    for plain in [
        "WEBVTT\n\n00:01.000 --> 00:04.000\nHips back.\n",
        "\u{feff}WEBVTT - squat\r\nKind: captions\r\n\r\nNOTE made by hand\r\n\r\n1\r\n01:00:01.000 --> 01:00:04.000 align:start\r\nSpine\r\nlong.\r\n",
        "WEBVTT\r\r00:01.000 --> 00:04.000\rHips back.\r",
        "WEBVTT\n00:01.000-->00:04.000align:start\nNo empty line before it\n",
        "WEBVTT\n\n00:01.000 --> 00:02.000\none\n00:02.000 --> 00:03.000\nNo empty line before it\n",
        "WEBVTT\n\n00:04.000 --> 00:01.000\nNever shown, but it harms nobody\n",
        "WEBVTT\n\nSTYLE\n::cue { color: red }\n\nREGION\nid:r\n\n123:00:01.000 --> 123:00:02.000 region:r\nLate\n",
    ] {
        let read = read(plain.as_bytes()).unwrap();
        assert_eq!((read.web_vtt, read.detail), (Cow::Borrowed(plain.as_bytes()), None), "{plain}");
    }
}

#[test]
fn an_odd_cue_is_mended_or_left_out() {
    let mended = [
        ("0:01.5 --> 0:04,250", "00:00:01.500 --> 00:00:04.250"),
        ("00:00:01,000 --> 00:00:04,000", "00:00:01.000 --> 00:00:04.000"),
        ("1:02:03.004 --> 1:02:04.0000", "01:02:03.004 --> 01:02:04.000"),
        ("00:01 --> 00:02", "00:00:01.000 --> 00:00:02.000"),
        ("61.5 --> 62.0", "00:01:01.500 --> 00:01:02.000"),
        ("75:00.000 --> 75:01.000 align:end", "01:15:00.000 --> 01:15:01.000 align:end"),
    ];
    for (given, kept) in mended {
        let file = format!("WEBVTT\n\n{given}\nHips back.\n");
        assert_eq!(converted(file.as_bytes()), format!("WEBVTT\n\n{kept}\nHips back.\n"), "{given}");
    }
    let file = "WEBVTT\n\n00:01.000 --> 00:02.000\nsquat --> stand\n";
    assert_eq!(converted(file.as_bytes()), "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nsquat --&gt; stand\n");
    let file = "WEBVTT\n\n00:aa.000 --> 00:02.000\nlost\n\n00:03.000 --> 00:04.000\nkept\n\n00:99.000 --> 00:02.000\nlost\n";
    let read = read(file.as_bytes()).unwrap();
    assert_eq!(read.web_vtt, Cow::Borrowed(file.as_bytes()));
    assert!(read.detail.unwrap().contains("line 3, 9."));
}

#[test]
fn other_formats_and_encodings_are_converted() {
    let srt = "1\r\n00:00:01,000 --> 00:00:04,000  X1:10 X2:20\r\n<font color=\"red\">H\u{fc}fte</font> <i>zur\u{fc}ck</i> {\\an8}5 < 6\r\n\r\n2\r\n00:00:05,000 --> 00:00:06,000\r\nRücken lang\r\n";
    let expected = "WEBVTT\n\n00:00:01.000 --> 00:00:04.000\nHüfte <i>zurück</i> 5 &lt; 6\n\n00:00:05.000 --> 00:00:06.000\nRücken lang\n";
    assert_eq!(converted(srt.as_bytes()), expected);
    let latin: Vec<u8> = srt.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    assert_eq!(converted(&latin), expected);
    for order in [u16::to_le_bytes, u16::to_be_bytes] {
        let units: Vec<u8> = format!("\u{feff}{srt}").encode_utf16().flat_map(order).collect();
        assert_eq!(converted(&units), expected);
        let vtt = "\u{feff}WEBVTT\n\n00:01.000 --> 00:02.000\nÜbung\n";
        let units: Vec<u8> = vtt.encode_utf16().flat_map(order).collect();
        assert_eq!(converted(&units), "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nÜbung\n");
    }
    assert_eq!(
        converted(b"WEBVTT\n\n00:01.000 --> 00:02.000\nR\xfccken\n"),
        "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nRücken\n"
    );
    assert_eq!(
        converted(b"00:01.000 --> 00:02.000\nWithout a signature\n"),
        "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nWithout a signature\n"
    );
}

#[test]
fn what_holds_no_captions_is_refused_with_its_lines() {
    for (file, line) in
        [("", None), ("WEBVTT", None), ("A text.\nMore.\n", None), ("WEBVTT\n\nx --> y\nz\n", Some("line 3"))]
    {
        let refused = read(file.as_bytes()).unwrap_err();
        assert!(refused.starts_with("There are no captions in the file."), "{refused}");
        assert!(line.is_none_or(|line| refused.contains(line)), "{refused}");
    }
}
