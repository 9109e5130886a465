//! Where a firmware source is: URIs.
//!
//! Source: RFC 3986 §3.

use alloc::vec::Vec;

/// A URI that is properly formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uri<'a> {
    /// In whatever case it was written.
    scheme: &'a [u8],
    authority: Option<&'a [u8]>,
    path: &'a [u8],
    has_query_or_fragment: bool,
}

/// Characters that stand for themselves in a path. Source: RFC 3986 §3.3 (`pchar` and `/`).
const PATH: &[u8] = b"-._~!$&'()*+,;=:@/";

impl<'a> Uri<'a> {
    /// Reads a URI; `None` when it is not properly formed.
    pub fn parse(text: &'a [u8]) -> Option<Self> {
        let colon = text.iter().position(|byte| *byte == b':')?;
        let (scheme, rest) = (&text[..colon], &text[colon + 1..]);
        let is_scheme = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
        if !scheme.first()?.is_ascii_alphabetic() || !scheme.iter().all(is_scheme) {
            return None;
        }
        let (rest, fragment) = cut(rest, b'#');
        let (hierarchy, query) = cut(rest, b'?');
        let (authority, path) = match hierarchy.strip_prefix(b"//") {
            Some(rest) => {
                let slash = rest.iter().position(|byte| *byte == b'/');
                let (authority, path) = rest.split_at(slash.unwrap_or(rest.len()));
                (Some(authority), path)
            }
            None => (None, hierarchy),
        };
        let further = [query, fragment];
        let are_formed = further.iter().flatten().all(|part| is_formed(part, b"?"));
        let is_authority = authority.is_none_or(|it| is_formed(it, b"[]"));
        (are_formed && is_authority && is_formed(path, b"")).then_some(Self {
            scheme,
            authority,
            path,
            has_query_or_fragment: further.iter().any(Option::is_some),
        })
    }

    /// Whether it names a file of a host.
    pub fn is_file(&self) -> bool {
        self.scheme.eq_ignore_ascii_case(b"file")
    }

    /// The absolute path of a file of this host; `None` when it names something else.
    ///
    /// Source: RFC 8089 §2.
    pub fn local_path(&self) -> Option<Vec<u8>> {
        let host = self.authority.unwrap_or_default();
        let is_here = host.is_empty() || host.eq_ignore_ascii_case(b"localhost");
        let is_path = self.path.starts_with(b"/") && !self.has_query_or_fragment;
        (self.is_file() && is_here && is_path).then(|| decoded(self.path))
    }
}

/// What is before a separator, and what behind it, if it is there.
fn cut(text: &[u8], separator: u8) -> (&[u8], Option<&[u8]>) {
    match text.iter().position(|byte| *byte == separator) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    }
}

/// Whether it has only such characters as a path has, or these, and octets in percent-encoding.
fn is_formed(part: &[u8], more: &[u8]) -> bool {
    let mut rest = part;
    while let [first, behind @ ..] = rest {
        rest = match (first, behind) {
            (b'%', [high, low, behind @ ..])
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                behind
            }
            (byte, behind)
                if byte.is_ascii_alphanumeric() || PATH.contains(byte) || more.contains(byte) =>
            {
                behind
            }
            _ => return false,
        };
    }
    true
}

fn decoded(path: &[u8]) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or(0) as u8;
    let (mut out, mut rest) = (Vec::new(), path);
    while let [first, behind @ ..] = rest {
        rest = match (first, behind) {
            (b'%', [high, low, behind @ ..]) => {
                out.push(digit(*high) << 4 | digit(*low));
                behind
            }
            (byte, behind) => {
                out.push(*byte);
                behind
            }
        };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::Uri;

    #[test]
    fn files_of_this_host_have_a_path() {
        let local = [
            ("file:///opt/new.hpm", "/opt/new.hpm"),
            ("file:/opt/new.hpm", "/opt/new.hpm"),
            ("FILE://localhost/a%20b%2fc", "/a b/c"),
            ("file:///", "/"),
        ];
        for (uri, path) in local {
            let found = Uri::parse(uri.as_bytes()).unwrap().local_path();
            assert_eq!(found.as_deref(), Some(path.as_bytes()), "{uri}");
        }
        let others = [
            "file://elsewhere/a",
            "file:a",
            "http://host/a",
            "tftp://10.0.0.1/a",
            "urn:a:b",
            "file:///a?b",
            "file:///a#b",
            "file:",
            "http://[::1]:80/a?b?c#d?e",
        ];
        for uri in others {
            let found = Uri::parse(uri.as_bytes()).expect(uri);
            assert_eq!(found.local_path(), None, "{uri}");
        }
    }

    #[test]
    fn what_is_not_formed_as_the_rfc_says_is_no_uri() {
        let malformed = [
            "",
            ":",
            "/opt/new.hpm",
            "new.hpm",
            "1file:///a",
            "fi_le:///a",
            "file:///a b",
            "file:///a%2",
            "file:///a%zz",
            "file:///a\u{e4}",
            "file:///a#b#c",
            "file:///[a]",
        ];
        for uri in malformed {
            assert_eq!(Uri::parse(uri.as_bytes()), None, "{uri}");
        }
    }
}
