//! Texts of a server's of which only the beginning is looked at.

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// A list of texts that mean something to us.
pub(super) trait Known {
    const TEXTS: &'static [&'static str];
}

/// Which known text a text begins with; nothing for any other text, and for what isn't text at all. What is read isn't kept.
#[derive(Debug, Default)]
pub(super) struct KnownText<K> {
    pub(super) text: &'static str,
    list: PhantomData<K>,
}

impl<K: Known> KnownText<K> {
    fn of(text: &str) -> Self {
        let text = K::TEXTS.iter().find(|known| text.starts_with(**known)).copied().unwrap_or_default();
        Self { text, list: PhantomData }
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
                while items.next_element::<IgnoredAny>()?.is_some() {}
                Ok(KnownText::of(""))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Self::Value, A::Error> {
                while fields.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(KnownText::of(""))
            }
        }
        deserializer.deserialize_any(KnownVisitor(PhantomData))
    }
}
