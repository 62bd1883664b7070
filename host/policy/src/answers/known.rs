//! Recognizes texts of a server by how they begin.

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// A list of texts with a meaning for the host.
pub(super) trait Known {
    /// The texts that an answer may begin with.
    const TEXTS: &'static [&'static str];
    /// The texts that an answer may contain, if it begins with no known text.
    const PARTS: &'static [&'static str] = &[];
    /// Whether to look in a list of faults, too, each with a `message`.
    const IN_LISTS: bool = false;
}

/// The known text that a text begins with or contains. In a list of faults, it is that of the first
/// `message` that is known. `None` for any other text, which isn't kept.
#[derive(Debug, Default)]
pub(super) struct KnownText<K> {
    pub(super) text: &'static str,
    list: PhantomData<K>,
}

impl<K: Known> KnownText<K> {
    fn of(text: &str) -> Self {
        let begins = K::TEXTS.iter().find(|known| text.starts_with(**known));
        let known = begins.or_else(|| K::PARTS.iter().find(|part| text.contains(**part)));
        Self { text: known.copied().unwrap_or_default(), list: PhantomData }
    }
}

impl<'de, K: Known> Deserialize<'de> for KnownText<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KnownVisitor<K>(PhantomData<K>);
        impl<'de, K: Known> Visitor<'de> for KnownVisitor<K> {
            type Value = KnownText<K>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("anything")
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(KnownText::of(text))
            }
            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(KnownText::of(""))
            }
            fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
                Ok(KnownText::of(""))
            }
            fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
                Ok(KnownText::of(""))
            }
            fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
                Ok(KnownText::of(""))
            }
            fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
                Ok(KnownText::of(""))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
                let mut known = KnownText::of("");
                while let Some(item) = items.next_element::<KnownText<K>>()? {
                    if K::IN_LISTS && known.text.is_empty() {
                        known = item;
                    }
                }
                Ok(known)
            }
            fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Self::Value, A::Error> {
                let mut known = KnownText::of("");
                while let Some(IsMessage(is_message)) = fields.next_key()? {
                    if K::IN_LISTS && is_message {
                        known = fields.next_value()?;
                    } else {
                        fields.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(known)
            }
        }
        deserializer.deserialize_any(KnownVisitor(PhantomData))
    }
}

/// Whether a key is `message`.
struct IsMessage(bool);

impl<'de> Deserialize<'de> for IsMessage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl Visitor<'_> for KeyVisitor {
            type Value = IsMessage;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }
            fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
                Ok(IsMessage(key == "message"))
            }
        }
        deserializer.deserialize_str(KeyVisitor)
    }
}
