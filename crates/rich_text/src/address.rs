//! The addresses of links, pictures and players: what can be followed, in the form in which it is followed.

use url::{Host, Url};

/// The schemes of links. `http` leads where it says; what is shown in the page itself has to come by `https`.
const LINK_SCHEMES: [&str; 4] = ["https", "http", "mailto", "tel"];

/// Endings of files, which a name with a dot may have as well as a host.
const FILE_ENDINGS: [&str; 18] = [
    "html", "htm", "php", "asp", "aspx", "jsp", "pdf", "doc", "docx", "xls", "xlsx", "txt", "jpg", "jpeg",
    "png", "gif", "mp4", "csv",
];

/// The longest address of a link, in bytes: browsers and servers take no longer ones either.
const MAX_LINK: usize = 4_000;

/// The address of a link; `None` where it leads nowhere from here. One without a scheme that begins with a host gets `https`.
pub(crate) fn of_link(href: &str) -> Option<String> {
    if href.len() > MAX_LINK {
        return None;
    }
    let href = without_breaks(href);
    if let Some(host) = host_without_scheme(&href) {
        let scheme = if host.is_mail { "mailto:" } else { "https://" };
        return Some(format!("{scheme}{}", href.trim_start_matches('/')));
    }
    let url = Url::parse(&href).ok()?;
    if url.host_str() == Some("www.google.com") && url.path() == "/url" {
        // A document of Google's sends its readers through here.
        let target = url.query_pairs().find(|(name, _)| name == "q").map(|(_, target)| target.into_owned());
        if let Some(target) = target.filter(|target| target.starts_with("http")) {
            return Some(target);
        }
    }
    let leads = match url.scheme() {
        "mailto" | "tel" => !url.path().is_empty(),
        _ => url.has_host(),
    };
    (LINK_SCHEMES.contains(&url.scheme()) && leads).then_some(href)
}

/// The address of a picture; `None` where nobody else can see it.
pub(crate) fn of_image(src: &str) -> Option<String> {
    let src = without_breaks(src);
    let src = if src.starts_with("//") { format!("https:{src}") } else { src };
    let url = Url::parse(&src).ok()?;
    match url.scheme() {
        "https" => url.has_host().then_some(src),
        // Browsers ask for it by https in any case, but for a server on the same machine.
        "http" if is_local(&url) => Some(src),
        "http" => Some(format!("https{}", src.get(4..)?)),
        _ => None,
    }
}

fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Browsers ignore line breaks and tabs in an address, and blanks around it.
fn without_breaks(address: &str) -> String {
    let kept: String = address.chars().filter(|c| !matches!(c, '\t' | '\n' | '\r')).collect();
    kernel::trimmed(&kept).to_owned()
}

struct Hostlike {
    is_mail: bool,
}

/// Whether a text begins with the name of a host, such as `www.example.com/a` or `//example.com`, or is an address of mail.
fn host_without_scheme(address: &str) -> Option<Hostlike> {
    let rest = address.strip_prefix("//").unwrap_or(address);
    let end = rest.find(['/', '?', '#', ':']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(end);
    // A colon stands before a port, or behind a scheme.
    if let Some(port) = path.strip_prefix(':')
        && !port.starts_with(|c: char| c.is_ascii_digit())
    {
        return None;
    }
    match host.split_once('@') {
        Some((name, host)) => (!name.is_empty() && !name.contains(char::is_whitespace) && is_host(host))
            .then_some(Hostlike { is_mail: true }),
        None => is_host(host).then_some(Hostlike { is_mail: false }),
    }
}

fn is_host(host: &str) -> bool {
    let Some((before, top)) = host.rsplit_once('.') else { return false };
    let is_label = |label: &str| {
        !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-') && !label.starts_with('-')
    };
    let is_top =
        top.chars().count() >= 2 && (top.starts_with("xn--") || top.chars().all(char::is_alphabetic));
    let is_file = FILE_ENDINGS.iter().any(|ending| top.eq_ignore_ascii_case(ending));
    is_top && !is_file && before.split('.').all(is_label)
}

/// The address of a player, if its host is among those whose players are shown. YouTube's are shown without cookies.
pub(crate) fn of_player(src: &str, hosts: &[String]) -> Option<String> {
    let src = without_breaks(src);
    let src = if src.starts_with("//") { format!("https:{src}") } else { src };
    let mut url = Url::parse(&src).ok()?;
    if url.scheme() == "http" {
        url.set_scheme("https").ok()?;
    }
    if url.scheme() != "https"
        || !url.username().is_empty()
        || url.password().is_some()
        || url.port().is_some()
    {
        return None;
    }
    let host = url.host_str()?.to_owned();
    let bare = host.trim_start_matches("www.").trim_start_matches("m.");
    let player = match bare {
        "youtube.com" | "youtube-nocookie.com" | "youtu.be" => youtube(&url)?,
        "vimeo.com" | "player.vimeo.com" => vimeo(&url)?,
        _ => url,
    };
    is_listed(player.host_str()?, hosts).then(|| player.to_string())
}

/// Whether a host is in the list, with or without `www.` in either.
pub(crate) fn is_listed(host: &str, hosts: &[String]) -> bool {
    let bare = |host: &str| host.strip_prefix("www.").unwrap_or(host).to_ascii_lowercase();
    hosts.iter().any(|listed| bare(listed) == bare(host))
}

fn youtube(url: &Url) -> Option<Url> {
    let mut parts = url.path_segments()?.filter(|part| !part.is_empty());
    let query = |wanted: &str| {
        url.query_pairs().find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
    };
    let id = match (url.host_str() == Some("youtu.be"), parts.next()) {
        (true, Some(id)) => id.to_owned(),
        (false, Some("embed" | "shorts" | "live" | "v")) => parts.next()?.to_owned(),
        (false, Some("watch")) => query("v")?,
        (false, Some("playlist")) => "videoseries".to_owned(),
        _ => return None,
    };
    let mut player = Url::parse("https://www.youtube-nocookie.com/embed/").ok()?.join(&safe_id(&id)?).ok()?;
    let start =
        query("start").or_else(|| query("t")).and_then(|time| seconds(&time)).filter(|seconds| *seconds > 0);
    let end = query("end").and_then(|time| seconds(&time));
    let list = query("list").and_then(|list| safe_id(&list));
    if start.is_some() || end.is_some() || list.is_some() {
        let mut pairs = player.query_pairs_mut();
        if let Some(list) = list {
            pairs.append_pair("list", &list);
        }
        for (name, time) in [("start", start), ("end", end)] {
            if let Some(time) = time {
                pairs.append_pair(name, &time.to_string());
            }
        }
    }
    Some(player)
}

fn vimeo(url: &Url) -> Option<Url> {
    let mut parts = url.path_segments()?.filter(|part| !part.is_empty() && *part != "video");
    let id = parts.next().filter(|id| id.bytes().all(|byte| byte.is_ascii_digit()))?;
    // What opens a video that is not listed.
    let named = url.query_pairs().find(|(name, _)| name == "h").map(|(_, value)| value.into_owned());
    let key = named.or_else(|| parts.next().map(str::to_owned)).and_then(|key| safe_id(&key));
    let mut player = Url::parse("https://player.vimeo.com/video/").ok()?.join(id).ok()?;
    if let Some(key) = key {
        player.query_pairs_mut().append_pair("h", &key);
    }
    player.query_pairs_mut().append_pair("dnt", "1");
    Some(player)
}

fn safe_id(id: &str) -> Option<String> {
    let is_safe = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (!id.is_empty() && id.len() <= 64 && id.bytes().all(is_safe)).then(|| id.to_owned())
}

/// Seconds, written as `90`, `90s` or `1h2m3s`.
fn seconds(time: &str) -> Option<u64> {
    let (mut total, mut number) = (0_u64, String::new());
    for c in time.chars() {
        if c.is_ascii_digit() && number.len() < 6 {
            number.push(c);
            continue;
        }
        let unit = match c {
            'h' => 3600,
            'm' => 60,
            's' => 1,
            _ => return None,
        };
        total += number.parse::<u64>().ok()? * unit;
        number.clear();
    }
    Some(total + if number.is_empty() { 0 } else { number.parse::<u64>().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_where_it_says_or_nowhere() {
        for (given, followed) in [
            ("https://example.com/a?b#c", "https://example.com/a?b#c"),
            ("http://plain.example", "http://plain.example"),
            ("www.example.com", "https://www.example.com"),
            ("example.com/plan", "https://example.com/plan"),
            ("example.com:8443/x", "https://example.com:8443/x"),
            ("//example.com/a", "https://example.com/a"),
            ("müller.de", "https://müller.de"),
            ("lena@example.com", "mailto:lena@example.com"),
            (" https://example.com\n/a ", "https://example.com/a"),
            ("tel:+49171", "tel:+49171"),
            ("mailto:lena@example.com", "mailto:lena@example.com"),
            ("https://www.google.com/url?q=https://a.example/b&sa=D", "https://a.example/b"),
        ] {
            assert_eq!(of_link(given).as_deref(), Some(followed), "{given}");
        }
        for nowhere in [
            "",
            "#top",
            "/courses",
            "../a",
            "about.html",
            "plan.pdf",
            "javascript:alert(1)",
            "java\nscript:alert(1)",
            "data:text/html,x",
            "file:///C:/a.docx",
            "ftp://example.com",
            "tel:",
            "https://",
            "blob:https://x/1",
            "localhost",
            "javascript:/www.example.com",
        ] {
            assert_eq!(of_link(nowhere), None, "{nowhere}");
        }
    }

    #[test]
    fn a_picture_comes_by_https() {
        for (given, shown) in [
            ("https://a.example/b.png", Some("https://a.example/b.png")),
            ("//a.example/b.png", Some("https://a.example/b.png")),
            ("http://a.example/b.png", Some("https://a.example/b.png")),
            ("http://127.0.0.1:8080/images/1", Some("http://127.0.0.1:8080/images/1")),
            ("data:image/png;base64,AAAA", None),
            ("file:///C:/clip_image001.png", None),
            ("cid:ii_1", None),
            ("b.png", None),
        ] {
            assert_eq!(of_image(given).as_deref(), shown, "{given}");
        }
    }

    #[test]
    fn players_of_listed_hosts_are_known_in_every_form() {
        let hosts = ["www.youtube-nocookie.com".to_owned(), "player.vimeo.com".to_owned()];
        let nocookie = "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ";
        for given in [
            "https://www.youtube.com/embed/dQw4w9WgXcQ?rel=0",
            "https://www.youtube.com/watch?v=dQw4w9WgXcQ&feature=share",
            "//www.youtube.com/embed/dQw4w9WgXcQ",
            "https://youtu.be/dQw4w9WgXcQ?si=abc",
            "https://m.youtube.com/shorts/dQw4w9WgXcQ",
            nocookie,
        ] {
            assert_eq!(of_player(given, &hosts).as_deref(), Some(nocookie), "{given}");
        }
        let vimeo = "https://player.vimeo.com/video/76979871?h=8272103f6e&dnt=1";
        for given in [
            "https://vimeo.com/76979871/8272103f6e",
            "https://player.vimeo.com/video/76979871?h=8272103f6e",
            vimeo,
        ] {
            assert_eq!(of_player(given, &hosts).as_deref(), Some(vimeo), "{given}");
        }
        let at = of_player("https://youtu.be/dQw4w9WgXcQ?t=1m30s", &hosts);
        assert_eq!(at, Some(format!("{nocookie}?start=90")));
        for other in [
            "https://evil.example/embed/1",
            "https://www.youtube.com.evil.example/embed/x",
            "javascript:alert(1)",
            "https://www.youtube.com@evil.example/embed/1",
            "https://www.youtube.com/redirect?q=x",
            "",
        ] {
            assert_eq!(of_player(other, &hosts), None, "{other}");
        }
        assert_eq!(of_player("https://youtu.be/dQw4w9WgXcQ", &[]), None);
    }
}
