//! The page itself, built from `web/ui` and embedded.

use rust_embed::RustEmbed;
use std::borrow::Cow;
use std::fmt::Write;

#[derive(RustEmbed)]
#[folder = "../ui/dist/"]
struct Dist;

/// One file of the page.
pub(crate) struct Asset {
    pub(crate) bytes: Cow<'static, [u8]>,
    pub(crate) mime: &'static str,
    /// Changes whenever the bytes do, in quotes as an `ETag` has it.
    pub(crate) tag: String,
}

/// The file at this path, without leading slash; the empty path is the page.
pub(crate) fn asset(path: &str) -> Option<Asset> {
    let path = if path.is_empty() { "index.html" } else { path };
    let mime = match path.rsplit_once('.')?.1 {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        _ => return None,
    };
    let file = Dist::get(path)?;
    let mut tag = String::from("\"");
    for byte in &file.metadata.sha256_hash()[..12] {
        write!(tag, "{byte:02x}").expect("writing to a string never fails");
    }
    tag.push('"');
    Some(Asset {
        bytes: file.data,
        mime,
        tag,
    })
}
