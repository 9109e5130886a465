//! Who a request comes from, and what it may do.

use super::Site;
use crate::login::{Login, SESSION_LIFE};
use std::net::IpAddr;
use std::sync::{MutexGuard, PoisonError};
use std::time::Instant;
use warp::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use warp::http::uri::Authority;
use web_api::{Refusal, RefusalCode};

/// Name of the session's cookie.
const COOKIE: &str = "openshelf_session";

/// Where a request comes from.
pub(super) struct Caller {
    pub(super) peer: IpAddr,
    pub(super) headers: HeaderMap,
}

impl Caller {
    /// A header, when it is there and is text.
    pub(super) fn header(&self, name: HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The token of the session that it claims.
    pub(super) fn token(&self) -> Option<&str> {
        let cookies = self.header(header::COOKIE)?.split(';');
        cookies
            .filter_map(|cookie| cookie.trim().split_once('='))
            .find_map(|(name, value)| (name == COOKIE).then_some(value))
    }
}

impl Site {
    pub(super) fn login(&self) -> MutexGuard<'_, Login> {
        // Whoever panicked while holding it left only whole entries behind.
        self.login.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A cookie with this token; the empty one ends the session.
pub(super) fn cookie(token: &str) -> HeaderValue {
    let age = if token.is_empty() {
        0
    } else {
        SESSION_LIFE.as_secs()
    };
    let cookie = format!("{COOKIE}={token}; Path=/; Max-Age={age}; HttpOnly; SameSite=Strict");
    HeaderValue::try_from(cookie).expect("a token is hexadecimal")
}

/// Refuses other host names than this host's own where only this host may come.
///
/// A page elsewhere whose name suddenly resolves to 127.0.0.1 could read us otherwise (DNS
/// rebinding).
pub(super) fn check_host(site: &Site, caller: &Caller) -> Result<(), Refusal> {
    let host = caller
        .header(header::HOST)
        .and_then(|host| host.parse::<Authority>().ok());
    let is_ours = host.is_some_and(|authority| {
        let host = authority.host();
        let address = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .parse::<IpAddr>();
        host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    });
    if site.is_local && !is_ours {
        let text = "this console answers to localhost only";
        return Err(Refusal::new(RefusalCode::NotPermitted, text));
    }
    Ok(())
}

/// Whether this caller may look.
pub(super) fn check_read(site: &Site, caller: &Caller) -> Result<(), Refusal> {
    if site.login_to_read {
        user(site, caller).map(drop)
    } else {
        Ok(())
    }
}

/// Refuses what a form on a foreign page could have sent.
pub(super) fn check_post(caller: &Caller) -> Result<(), Refusal> {
    let kind = caller.header(header::CONTENT_TYPE).unwrap_or_default();
    if kind.split(';').next().map(str::trim) != Some("application/json") {
        let text = "the body must be application/json";
        return Err(Refusal::new(RefusalCode::BadRequest, text));
    }
    let Some(origin) = caller.header(header::ORIGIN) else {
        return Ok(());
    };
    let from = origin.split_once("://").map(|(_, authority)| authority);
    if from.is_some() && from == caller.header(header::HOST) {
        return Ok(());
    }
    Err(Refusal::new(
        RefusalCode::NotPermitted,
        "this request comes from another site",
    ))
}

/// Who the caller is: by session, or by name and password in the request itself.
pub(super) fn user(site: &Site, caller: &Caller) -> Result<String, Refusal> {
    let now = Instant::now();
    let mut login = site.login();
    if let Some(user) = caller.token().and_then(|token| login.session(token, now)) {
        return Ok(user.to_owned());
    }
    let authorization = caller.header(header::AUTHORIZATION);
    let Some(encoded) = authorization.and_then(|value| value.strip_prefix("Basic ")) else {
        return Err(Refusal::new(RefusalCode::NotLoggedIn, "log in first"));
    };
    let decoded = base64(encoded.trim()).and_then(|bytes| String::from_utf8(bytes).ok());
    let Some((name, password)) = decoded.as_deref().and_then(|text| text.split_once(':')) else {
        let text = "the Authorization header is not Basic authentication";
        return Err(Refusal::new(RefusalCode::BadRequest, text));
    };
    login.verify(caller.peer, (name, password), now)
}

/// Decodes base64 with or without padding. Source: RFC 4648 §4.
fn base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 2);
    let (mut bits, mut count) = (0_u32, 0_u32);
    for character in text.trim_end_matches('=').bytes() {
        let value = match character {
            b'A'..=b'Z' => character - b'A',
            b'a'..=b'z' => character - b'a' + 26,
            b'0'..=b'9' => character - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(value)) & 0xFFFF;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xFF).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::base64;

    /// The test vectors of RFC 4648 §10, and what is none.
    #[test]
    fn decodes_base64() {
        let cases = [
            ("", ""),
            ("Zg==", "f"),
            ("Zm8=", "fo"),
            ("Zm9v", "foo"),
            ("Zm9vYg==", "foob"),
            ("Zm9vYmE=", "fooba"),
            ("Zm9vYmFy", "foobar"),
        ];
        for (encoded, decoded) in cases {
            assert_eq!(
                base64(encoded).as_deref(),
                Some(decoded.as_bytes()),
                "{encoded}"
            );
        }
        assert_eq!(base64("+/8="), Some(vec![0xFB, 0xFF]));
        assert_eq!(base64("Zm9v!"), None);
    }
}
