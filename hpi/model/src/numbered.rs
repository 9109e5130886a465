//! The macro that declares the enumerations of the C ABI.

/// Declares an enumeration: each value with its number and the standard's own word for it, without
/// prefix.
macro_rules! numbered {
    ($(#[$doc:meta])* $name:ident { $($item:ident = $number:literal $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash,
            serde::Serialize, serde::Deserialize,
        )]
        #[repr(u32)]
        pub enum $name { $(#[doc = concat!("`", $word, "`.")] $item = $number,)* }

        impl $name {
            /// All values, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$item,)*];

            /// The value with this number in the C ABI.
            pub fn from_number(number: u32) -> Option<Self> {
                match number { $($number => Some(Self::$item),)* _ => None }
            }

            /// The number in the C ABI.
            pub fn number(self) -> u32 {
                self as u32
            }

            /// The standard's word, without the prefix that the C header gives it.
            pub fn word(self) -> &'static str {
                match self { $(Self::$item => $word,)* }
            }
        }
    };
}

pub(crate) use numbered;
