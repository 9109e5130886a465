//! Distinguished names of objects in the information model.

use alloc::string::ToString;
use alloc::sync::Arc;
use core::fmt;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A distinguished name: relative names from the object up to its root, separated by commas.
///
/// A comma that belongs to a value is escaped with a backslash, as in
/// `safSupportedCsType=safVersion=1\,safCSType=C,safVersion=1,safCompType=X`. Cloning is cheap.
/// Source: SAI-AIS-IMM-A.03.01 §4.2; RFC 2253.
/// Invariant: not empty, at most [`Dn::LENGTH_MAX`] bytes, each relative name is `tag=value`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Dn(Arc<str>);

/// Why a text is not a distinguished name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DnError {
    /// There is no relative name.
    Empty,
    /// Longer than [`Dn::LENGTH_MAX`] bytes.
    TooLong,
    /// A relative name has no `=`, or nothing before or behind it; the byte offset where it begins.
    NotTagAndValue(usize),
}

impl Dn {
    /// Longest name, in bytes; the standard's own limit is 256.
    /// Source: OpenSAF's `kOsafMaxDnLength`.
    pub const LENGTH_MAX: usize = 2048;

    /// Checks and takes a name.
    pub fn parse(text: &str) -> Result<Self, DnError> {
        if text.is_empty() {
            return Err(DnError::Empty);
        }
        if text.len() > Self::LENGTH_MAX {
            return Err(DnError::TooLong);
        }
        let mut offset = 0;
        for rdn in rdns(text) {
            match rdn.split_once('=') {
                Some((tag, value)) if !tag.is_empty() && !value.is_empty() => {}
                Some(_) | None => return Err(DnError::NotTagAndValue(offset)),
            }
            offset += rdn.len() + 1;
        }
        Ok(Self(text.into()))
    }

    /// The whole name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The object's own relative name, such as `safSu=SU1`.
    pub fn rdn(&self) -> &str {
        rdns(&self.0).next().unwrap_or(&self.0)
    }

    /// The tag of the object's own relative name, such as `safSu`.
    pub fn tag(&self) -> &str {
        self.rdn().split_once('=').map_or("", |(tag, _)| tag)
    }

    /// The value of the object's own relative name, such as `SU1`, escapes included.
    pub fn value(&self) -> &str {
        self.rdn().split_once('=').map_or("", |(_, value)| value)
    }

    /// The name of the object above; `None` at the root.
    pub fn parent(&self) -> Option<Self> {
        let rest = self.0.get(self.rdn().len() + 1..)?;
        Some(Self(rest.into()))
    }

    /// This name and those above it, upwards.
    pub fn ancestors(&self) -> impl Iterator<Item = Self> {
        core::iter::successors(Some(self.clone()), Self::parent)
    }

    /// Whether this object stands below `other` at any depth.
    pub fn is_below(&self, other: &Self) -> bool {
        self.ancestors().skip(1).any(|above| above == *other)
    }

    /// The child of this object with the relative name `rdn`.
    pub fn child(&self, rdn: &str) -> Result<Self, DnError> {
        Self::parse(&alloc::format!("{rdn},{self}"))
    }

    /// `rdn` as the value of another relative name: its commas escaped.
    pub fn escaped(&self) -> alloc::string::String {
        self.0.replace(',', "\\,")
    }
}

/// Splits at commas that no backslash escapes.
fn rdns(text: &str) -> impl Iterator<Item = &str> {
    let mut escaped = false;
    text.split(move |c: char| {
        let cut = c == ',' && !escaped;
        escaped = c == '\\' && !escaped;
        cut
    })
}

impl fmt::Display for Dn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Dn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for DnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("a distinguished name may not be empty"),
            Self::TooLong => write!(f, "longer than {} bytes", Dn::LENGTH_MAX),
            Self::NotTagAndValue(at) => write!(f, "no tag=value at byte {at}"),
        }
    }
}

impl core::error::Error for DnError {}

impl core::str::FromStr for Dn {
    type Err = DnError;
    fn from_str(text: &str) -> Result<Self, DnError> {
        Self::parse(text)
    }
}

impl Serialize for Dn {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Dn {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = alloc::string::String::deserialize(from)?;
        Self::parse(&text).map_err(|why| serde::de::Error::custom(why.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn escaped_commas_belong_to_the_value() {
        let dn = Dn::parse("safMemberCompType=safVersion=1\\,safCompType=X,safSuType=Y").unwrap();
        assert_eq!(dn.rdn(), "safMemberCompType=safVersion=1\\,safCompType=X");
        assert_eq!(dn.tag(), "safMemberCompType");
        assert_eq!(dn.value(), "safVersion=1\\,safCompType=X");
        assert_eq!(dn.parent().unwrap().as_str(), "safSuType=Y");
        assert_eq!(dn.parent().unwrap().parent(), None);
    }

    #[test]
    fn bad_names_say_where() {
        assert_eq!(Dn::parse(""), Err(DnError::Empty));
        assert_eq!(Dn::parse("a=1,b"), Err(DnError::NotTagAndValue(4)));
        assert_eq!(Dn::parse("a=1,"), Err(DnError::NotTagAndValue(4)));
        assert_eq!(Dn::parse("=1"), Err(DnError::NotTagAndValue(0)));
    }

    #[test]
    fn ancestors_go_up() {
        let dn = Dn::parse("a=1,b=2,c=3").unwrap();
        let up: Vec<_> = dn.ancestors().map(|d| d.to_string()).collect();
        assert_eq!(up, ["a=1,b=2,c=3", "b=2,c=3", "c=3"]);
        assert!(dn.is_below(&Dn::parse("c=3").unwrap()));
        assert!(!dn.is_below(&dn));
    }
}
