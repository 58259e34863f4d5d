//! What people paste, and what becomes of it.

use super::{Cleaned, Rules, clean};

fn players() -> Vec<String> {
    vec!["www.youtube-nocookie.com".to_owned(), "player.vimeo.com".to_owned()]
}

fn cleaned(html: &str) -> Cleaned {
    clean(html, Rules { players: &players(), only_legible: false })
}

fn html(given: &str) -> String {
    cleaned(given).html
}

fn codes(given: &str) -> Vec<&'static str> {
    cleaned(given).warnings("/content").into_iter().map(|warning| warning.code).collect()
}

#[track_caller]
fn becomes(given: &str, expected: &str) {
    assert_eq!(html(given), expected, "{given}");
    assert_eq!(html(expected), expected, "cleaned again: {given}");
}

const REL: &str = "rel=\"noopener noreferrer nofollow\"";

#[test]
fn active_content_is_removed() {
    becomes("<p>Hi<script>alert(1)</script></p>", "<p>Hi</p>");
    becomes("<a href=\"javascript:alert(1)\">x</a>", "x");
    becomes("<p onclick=\"x()\" style=\"color:red\">ok</p>", "<p>ok</p>");
    becomes("<svg><a href=\"https://x\">y</a></svg>", "");
    becomes("<math><mtext><style><img src=x onerror=alert(1)></style></mtext></math>a", "a");
    becomes("<iframe><img src=x onerror=alert(1)></iframe>a", "a");
    becomes(
        "<p style=\"text-align:center;background:url(javascript:alert(1))\">a</p>",
        "<p style=\"text-align:center\">a</p>",
    );
    becomes("<template><p>a</p></template><noscript><p>b</p></noscript>", "");
    becomes("  ", "");
    let typed = "&lt;b&gt;".repeat(300);
    becomes(&"<b>".repeat(300), &typed);
    assert_eq!(codes(&"<b>".repeat(300)), ["shown_as_typed"]);
}

#[test]
fn what_is_kept_stays_as_it_is() {
    for kept in [
        "plain text",
        "<p>Hi <strong>b</strong> <b>c</b> <em>d</em> <i>e</i> <u>f</u> <s>g</s> <code>h</code></p>\n<p></p>",
        "<p>a</p><p><br></p><p>b</p>",
        "<h2>a</h2><h3>b</h3><h4>c</h4><hr>",
        "<ul><li>a<ul><li>b</li></ul></li><li><p>c</p></li></ul><ol start=\"3\"><li>d</li></ol>",
        "<blockquote><p>a</p></blockquote><pre>a\n  b</pre>",
        "<table><thead><tr><th>a</th></tr></thead><tbody><tr><td colspan=\"2\" rowspan=\"3\">b</td></tr></tbody></table>",
        "<figure><img src=\"https://a.example/b.png\" alt=\"c\" width=\"10\" height=\"20\"><figcaption>d</figcaption></figure>",
        "H<sub>2</sub>O x<sup>2</sup> <mark>m</mark> <kbd>k</kbd> <ruby>漢<rt>かん</rt></ruby> <abbr title=\"t\">a</abbr>",
        "<p dir=\"rtl\">مرحبا <span dir=\"ltr\">a</span></p>",
        "<p style=\"text-align:right\">a</p>",
        "a &lt; b &amp;amp; c",
    ] {
        becomes(kept, kept);
        assert_eq!(codes(kept), [""; 0], "{kept}");
    }
    becomes(
        "<a href=\"https://a.example/?b=1&c=2\" title=\"t\">x</a>",
        &format!("<a href=\"https://a.example/?b=1&amp;c=2\" title=\"t\" {REL}>x</a>"),
    );
}

#[test]
fn lines_never_run_together() {
    becomes("<div>Bench 3x10</div><div>5 min rest</div>", "<p>Bench 3x10</p><p>5 min rest</p>");
    becomes(
        "Warm-up<div>Squats</div><div><br></div><div>Lunges</div>",
        "Warm-up<p>Squats</p><p><br></p><p>Lunges</p>",
    );
    becomes("<h1>Warm-up</h1>Main", "<h2>Warm-up</h2>Main");
    becomes("<h5>Day 1</h5><h6>0 rest</h6>", "<h4>Day 1</h4><h4>0 rest</h4>");
    becomes("<dl><dt>RPE</dt><dd>effort</dd></dl>", "<p>RPE</p><p>effort</p>");
    becomes(
        "<table><caption>Week 1</caption><tr><td>Squat</td></tr><tfoot><tr><td>Sum</td></tr></tfoot></table>",
        "<p>Week 1</p><table><tbody><tr><td>Squat</td></tr></tbody><tbody><tr><td>Sum</td></tr></tbody></table>",
    );
    becomes("<h2>a<div>b</div></h2>", "<h2>a<br>b</h2>");
    becomes("<h2><span>a</span><span><div>b</div></span>c</h2>", "<h2>a<br>b<br>c</h2>");
    becomes("<ul><li><div>a</div><div>b</div></li></ul>", "<ul><li><p>a</p><p>b</p></li></ul>");
    becomes("<li>a</li> <li>b</li>", "<ul><li>a</li><li>b</li></ul>");
    becomes("<tr><td>a</td><td>b</td></tr>", "<table><tbody><tr><td>a</td><td>b</td></tr></tbody></table>");
    becomes("<pre><div>a</div><div>b</div></pre>", "<pre>a\nb</pre>");
    becomes("<b><p>a</p><p>b</p></b>", "<p><b>a</b></p><p><b>b</b></p>");
    becomes(
        "<a href=\"https://a.example\"><div>a</div><div>b</div></a>",
        &format!(
            "<p><a href=\"https://a.example\" {REL}>a</a></p><p><a href=\"https://a.example\" {REL}>b</a></p>"
        ),
    );
    for element in [
        "article", "section", "header", "footer", "main", "aside", "nav", "address", "fieldset", "center",
        "details", "summary", "form", "hgroup", "dialog", "legend", "option",
    ] {
        let given = format!("<{element}>one</{element}><{element}>two</{element}>three");
        let words: Vec<String> = super::plain(&html(&given)).split_whitespace().map(str::to_owned).collect();
        assert_eq!(words, ["one", "two", "three"], "{element}: {}", html(&given));
    }
}

#[test]
fn google_docs() {
    becomes(
        "<meta charset='utf-8'><b style=\"font-weight:normal;\" id=\"docs-internal-guid-1\"><p dir=\"ltr\" style=\"line-height:1.38\">\
         <span style=\"font-size:11pt;font-weight:700;font-style:normal\">Squat</span><span style=\"font-weight:400\"> slow</span></p>\
         <br /><ul><li dir=\"ltr\" aria-level=\"1\"><p dir=\"ltr\" role=\"presentation\"><span style=\"font-style:italic\">a</span></p></li>\
         <ul><li dir=\"ltr\" aria-level=\"2\"><p dir=\"ltr\">b</p></li></ul></ul></b>",
        "<p dir=\"ltr\"><strong>Squat</strong> slow</p><p><br></p><ul><li dir=\"ltr\"><p dir=\"ltr\"><em>a</em></p>\
         <ul><li dir=\"ltr\"><p dir=\"ltr\">b</p></li></ul></li></ul>",
    );
    becomes(
        "<p><a href=\"https://a.example\"><span style=\"text-decoration:underline;color:#1155cc\">x</span></a></p>",
        &format!("<p><a href=\"https://a.example\" {REL}>x</a></p>"),
    );
}

#[test]
fn word() {
    becomes(
        "<html><head><title>x</title><style><!-- p.MsoNormal {margin:0cm} --></style><xml><w:View>Normal</w:View></xml></head>\
         <body><!--StartFragment--><p class=MsoNormal><b>Warm<o:p></o:p></b></p>\
         <p class=MsoListParagraphCxSpFirst style='text-indent:-18pt;mso-list:l0 level1 lfo1'><![if !supportLists]><span \
         style='mso-list:Ignore'>1.<span style='font:7pt \"Times New Roman\"'>&nbsp;&nbsp;</span></span><![endif]>Squat</p>\n\
         <p class=MsoListParagraphCxSpLast style='mso-list:l0 level2 lfo1'><span style='mso-list:Ignore'>·<span>&nbsp;</span></span>slow</p>\
         <p class=MsoNormal>End<span style='mso-highlight:yellow'>!</span></p><!--EndFragment--></body></html>",
        "<p><b>Warm</b></p><ol><li>Squat<ul><li>slow</li></ul></li></ol><p>End<mark>!</mark></p>",
    );
    assert_eq!(codes("<p><img src=\"file:///C:/clip.png\">a</p>"), ["image_removed"]);
}

#[test]
fn quill() {
    becomes(
        "<ol><li data-list=\"bullet\"><span class=\"ql-ui\" contenteditable=\"false\"></span>a</li><li data-list=\"bullet\" class=\"ql-indent-1\">b</li>\
         <li data-list=\"ordered\">c</li><li data-list=\"checked\">d</li><li data-list=\"unchecked\">e</li></ol>",
        "<ul><li>a<ul><li>b</li></ul></li></ul><ol><li>c</li></ol><ul><li>☑ d</li><li>☐ e</li></ul>",
    );
    becomes(
        "<p class=\"ql-align-center\">a</p><p class=\"ql-direction-rtl ql-align-right\">b</p>",
        "<p style=\"text-align:center\">a</p><p dir=\"rtl\" style=\"text-align:right\">b</p>",
    );
    becomes("<pre class=\"ql-syntax\" spellcheck=\"false\">a\n  b\n</pre>", "<pre>a\n  b</pre>");
    becomes(
        "<div class=\"ql-code-block-container\"><div class=\"ql-code-block\">a</div><div class=\"ql-code-block\">b</div></div>",
        "<pre>a\nb</pre>",
    );
}

#[test]
fn lists_of_things_to_do() {
    becomes(
        "<ul data-type=\"taskList\"><li data-checked=\"true\" data-type=\"taskItem\"><label><input type=\"checkbox\" checked=\"checked\"><span></span>\
         </label><div><p>Warm up</p></div></li><li data-checked=\"false\" data-type=\"taskItem\"><label><input type=\"checkbox\"></label><div><p>Run</p></div></li></ul>",
        "<ul><li><p>☑ Warm up</p></li><li><p>☐ Run</p></li></ul>",
    );
    becomes(
        "<ul><li class=\"task-list-item\"><input type=\"checkbox\" disabled> a</li></ul>",
        "<ul><li>☐ a</li></ul>",
    );
    becomes(
        "<ul class=\"to-do-list\"><li><div class=\"checkbox checkbox-on\"></div> <span class=\"to-do-children-checked\">a</span></li></ul>",
        "<ul><li>☑ a</li></ul>",
    );
}

#[test]
fn ckeditor_notion_apple_and_mail() {
    becomes(
        "<figure class=\"table\"><table><tbody><tr><td>a</td></tr></tbody></table><figcaption>b</figcaption></figure>",
        "<figure><table><tbody><tr><td>a</td></tr></tbody></table><figcaption>b</figcaption></figure>",
    );
    becomes("<div dir=\"rtl\">שלום<div>עולם</div></div>", "<p dir=\"rtl\">שלום</p><p dir=\"rtl\">עולם</p>");
    becomes(
        "<div class=\"gmail_default\" style=\"font-family:arial\">a</div><div class=\"gmail_quote\"><blockquote class=\"gmail_quote\">b</blockquote></div>",
        "<p>a</p><blockquote>b</blockquote>",
    );
    // Apple Notes writes its titles as large bold lines, and its lists as lists of divs.
    becomes(
        "<div><b><span style=\"font-size: 24px\">Plan</span></b></div><div><br></div><ul><li>a</li></ul>",
        "<p><b>Plan</b></p><p><br></p><ul><li>a</li></ul>",
    );
    becomes("<details open><summary>More</summary><p>inside</p></details>", "<p>More</p><p>inside</p>");
    becomes(
        "<p style=\"font-weight:bold\">a</p><h3 style=\"font-weight:bold\">b</h3>",
        "<p><strong>a</strong></p><h3>b</h3>",
    );
}

#[test]
fn what_does_nothing_goes() {
    becomes("<a name=\"top\">a</a> <a href=\"#top\">b</a> <a href=\"https://a.example\"></a>", "a b ");
    becomes("<p><img src=\"data:image/png;base64,AAAA\"></p>", "");
    becomes("<figure><img src=\"cid:1\"></figure>a", "a");
    becomes("<a href=\"www.example.com\">w</a>", &format!("<a href=\"https://www.example.com\" {REL}>w</a>"));
    becomes("<a href=\"tel:+49171\">t</a>", &format!("<a href=\"tel:+49171\" {REL}>t</a>"));
    for blank in [
        "<p></p>",
        "<p><br></p>",
        "<p>&nbsp;</p>",
        "<p>\u{200b}</p>",
        "<div><br></div>",
        "<p>&#x3164;</p>",
        "<ul><li></li></ul>",
    ] {
        becomes(blank, "");
    }
    assert_eq!(
        codes("<a href=\"/x\">a</a><img src=\"b.png\">c<canvas></canvas>"),
        ["element_removed", "image_removed", "link_removed"]
    );
    let warning = &cleaned("<a href=\"/x\">a</a><a href=\"y\">b</a>").warnings("/body")[0];
    assert_eq!((warning.pointer.as_str(), warning.detail.starts_with("2 links had")), ("/body", true));
    assert_eq!(codes("<p style=\"color:red\">a</p>"), ["formatting_removed"]);
}

#[test]
fn players_stay_where_their_host_is_listed() {
    const FRAME: &str = "sandbox=\"allow-scripts allow-same-origin allow-presentation allow-popups\"";
    let shown = html(
        "<figure class=\"media\"><oembed url=\"https://www.youtube.com/watch?v=dQw4w9WgXcQ\"></oembed></figure>",
    );
    assert!(
        shown.starts_with("<figure><iframe src=\"https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ\""),
        "{shown}"
    );
    assert!(shown.contains(FRAME) && shown.ends_with("></iframe></figure>"), "{shown}");
    assert_eq!(html(&shown), shown, "cleaned again");
    let given = "<iframe class=\"ql-video\" src=\"//player.vimeo.com/video/1\" onload=\"x()\" srcdoc=\"<b>\" sandbox=\"allow-top-navigation\">";
    let shown = html(given);
    assert!(
        shown.contains("src=\"https://player.vimeo.com/video/1?dnt=1\"") && shown.contains(FRAME),
        "{shown}"
    );
    assert!(
        !shown.contains("onload") && !shown.contains("srcdoc") && !shown.contains("top-navigation"),
        "{shown}"
    );
    becomes(
        "<iframe src=\"https://evil.example/a\" title=\"A page\"></iframe>",
        &format!("<a href=\"https://evil.example/a\" {REL}>A page</a>"),
    );
    assert_eq!(codes("<iframe src=\"https://evil.example/a\"></iframe>"), ["player_replaced"]);
    becomes("<iframe src=\"javascript:alert(1)\"></iframe>a", "a");
}

#[test]
fn nothing_hides_where_only_what_is_legible_counts() {
    let shown = |given: &str| clean(given, Rules { players: &[], only_legible: true }).html;
    for hidden in [
        "\u{200b}",
        "\u{200d}",
        "\u{202e}",
        "\u{ad}",
        "\u{feff}",
        "\u{1}",
        "\u{e0041}",
        "&#x200b;",
        "&#8203;&shy;",
    ] {
        let given =
            format!("<a href=\"java{hidden}script:alert(1)\">x</a><img src=\"da{hidden}ta:text/html,x\">");
        assert!(!shown(&given).contains("script:") && !shown(&given).contains("data:"), "{hidden:?}");
    }
    assert_eq!(shown("<p>a\u{202e}&#8238;b</p>"), "<p>ab</p>");
    assert_eq!(
        shown("&amp;#x200b;"),
        "&amp;#x200b;",
        "what only looks like a reference stays as it was typed"
    );
}

#[test]
fn a_large_text_is_cleaned_once_and_for_all() {
    let blanks = " ".repeat(200_000);
    for large in [
        format!("<h2>{blanks}{}</h2>", "<div>x</div>".repeat(9_000)),
        format!("{}{}", "<div>".repeat(250), "x ".repeat(100_000)),
        format!("{}{}", "<ul><li>".repeat(120), "x ".repeat(100_000)),
        format!("{}{}", "<b><i><a href=https://a.example>".repeat(60), "x<p>".repeat(1_000)),
        format!("<table>{}</table>", "<tr><td>a</td></tr>x".repeat(5_000)),
        "<p>&amp;".repeat(19_000),
    ] {
        let once = html(&large);
        assert_eq!(html(&once), once, "{}", &large[..60]);
    }
}

#[test]
fn what_is_around_thousands_of_lines_is_not_written_thousands_of_times() {
    let lines = "<p>x".repeat(15_000);
    for around in [
        format!("<a href=\"https://a.example/{}\">", "x".repeat(3_000)),
        format!("<abbr title=\"{}\">", "x".repeat(900)),
        format!("<a href=\"https://a.example/{}\">", "x".repeat(100_000)),
    ] {
        let large = format!("{around}{lines}");
        assert!(html(&large).len() < 3_000_000, "{}", &around[..20]);
    }
}
