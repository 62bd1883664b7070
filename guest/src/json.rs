//! Reads untrusted JSON, and writes JSON in the form of docs/routes.md.
//!
//! The types that are read have only the fields that the component uses, and serde skips all
//! others. It refuses a duplicate of a field that it reads.

use crate::error::Error;
use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;
use serde::ser::Serialize;
use serde_json::error::Category;
use std::borrow::Cow;
use std::fmt;
use std::io;
use std::str::Bytes;

/// Infisical's answers have only a few levels.
const MAX_DEPTH: usize = 64;

/// Why a text can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The text ends early.
    Short,
    /// The text isn't JSON.
    Malformed,
    /// The JSON is nested too deeply.
    Deep,
    /// The JSON doesn't have the expected shape.
    Shape,
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        unexpected(match fault {
            Fault::Short => "The answer ends before it is whole.",
            Fault::Malformed => "The answer isn't well-formed JSON.",
            Fault::Deep => "The answer is nested deeper than any of Infisical's.",
            Fault::Shape => "The answer lacks a field, or has one twice or of another type than Infisical's.",
        })
    }
}

/// The answer isn't one that Infisical gives.
pub(crate) fn unexpected(text: &str) -> Error {
    Error::UnexpectedAnswer(text.to_owned())
}

/// Reads a whole body. The error has only our own text.
pub(crate) fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Error> {
    Ok(read(text(body)?)?)
}

/// Reads one field of a body that is an object. The field has one of these names.
pub(crate) fn parse_field<'a, T: Deserialize<'a>>(body: &'a [u8], names: &[&str]) -> Result<T, Error> {
    Ok(read_field(text(body)?, names)?)
}

fn text(body: &[u8]) -> Result<&str, Error> {
    std::str::from_utf8(body).map_err(|_| unexpected("The answer isn't UTF-8 text."))
}

fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Fault> {
    check_skipped(text)?;
    serde_json::from_str(text).map_err(|error| fault(&error))
}

fn read_field<'a, T: Deserialize<'a>>(text: &'a str, names: &[&str]) -> Result<T, Fault> {
    check_skipped(text)?;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let field = deserializer.deserialize_map(OneField { names, found: None });
    field.and_then(|field| deserializer.end().map(|()| field)).map_err(|error| fault(&error))
}

fn fault(error: &serde_json::Error) -> Fault {
    match error.classify() {
        Category::Eof => Fault::Short,
        Category::Data => Fault::Shape,
        Category::Syntax | Category::Io => Fault::Malformed,
    }
}

/// Takes one field of an object. Skips all others.
struct OneField<'n, T> {
    names: &'n [&'n str],
    found: Option<T>,
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for OneField<'_, T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut fields: A) -> Result<T, A::Error> {
        while let Some(name) = fields.next_key::<String>()? {
            if !self.names.contains(&name.as_str()) {
                fields.next_value::<IgnoredAny>()?;
            } else if self.found.replace(fields.next_value()?).is_some() {
                return Err(de::Error::custom("a field is there twice"));
            }
        }
        self.found.ok_or_else(|| de::Error::custom("a field is missing"))
    }
}

/// Checks the depth and the surrogates, because `serde_json` doesn't check them in values that it
/// skips.
fn check_skipped(text: &str) -> Result<(), Fault> {
    let mut depth = 0_usize;
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => check_string(&mut bytes)?,
            b'[' | b'{' if depth == MAX_DEPTH => return Err(Fault::Deep),
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

/// Refuses a surrogate without its other half, because it isn't a character. Consumes the string
/// with its closing quotation mark.
fn check_string(bytes: &mut Bytes<'_>) -> Result<(), Fault> {
    let mut follows_high = false;
    while let Some(byte) = bytes.next() {
        let unit = if byte == b'\\' && bytes.next() == Some(b'u') { code_unit(bytes) } else { 0 };
        if matches!(unit, 0xdc00..=0xdfff) != follows_high {
            return Err(Fault::Malformed);
        }
        follows_high = matches!(unit, 0xd800..=0xdbff);
        if byte == b'"' {
            break;
        }
    }
    Ok(())
}

/// Reads four hexadecimal digits. `serde_json` refuses anything else.
fn code_unit(bytes: &mut Bytes<'_>) -> u32 {
    bytes.take(4).fold(0, |unit, byte| unit << 4 | char::from(byte).to_digit(16).unwrap_or_default())
}

/// An object. Serde by itself also reads the fields of a type from an array, by their position.
#[derive(Debug)]
pub(crate) struct Object<T>(pub(crate) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectOnly<D>(D);

        impl<'de, D: Deserializer<'de>> Deserializer<'de> for ObjectOnly<D> {
            type Error = D::Error;

            fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
                self.0.deserialize_map(visitor)
            }

            forward_to_deserialize_any! {
                bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
                unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
            }
        }

        T::deserialize(ObjectOnly(deserializer)).map(Object)
    }
}

/// Converts the fields of each object.
pub(crate) fn convert<A, B>(
    objects: Vec<Object<A>>,
    mut convert: impl FnMut(A) -> Result<B, Error>,
) -> Result<Vec<B>, Error> {
    let mut converted = Vec::with_capacity(objects.len());
    for Object(fields) in objects {
        converted.push(convert(fields)?);
    }
    Ok(converted)
}

/// Any value. Only a text has its content here.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) enum Any<'a> {
    /// There is no such field.
    #[default]
    Absent,
    Null,
    Text(Cow<'a, str>),
    Array {
        is_empty: bool,
    },
    Object {
        is_empty: bool,
    },
    /// A number, `true` or `false`.
    Other,
}

impl Any<'_> {
    /// Whether there is anything but null and an empty text, array or object.
    pub(crate) fn is_present(&self) -> bool {
        match self {
            Self::Absent | Self::Null => false,
            Self::Text(text) => !text.is_empty(),
            Self::Array { is_empty } | Self::Object { is_empty } => !is_empty,
            Self::Other => true,
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Any<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Whatever;

        impl<'de> Visitor<'de> for Whatever {
            type Value = Any<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }

            fn visit_unit<E>(self) -> Result<Any<'de>, E> {
                Ok(Any::Null)
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Any<'de>, E> {
                Ok(Any::Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Any<'de>, E> {
                Ok(Any::Text(Cow::Owned(text.to_owned())))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Any<'de>, A::Error> {
                let mut is_empty = true;
                while items.next_element::<IgnoredAny>()?.is_some() {
                    is_empty = false;
                }
                Ok(Any::Array { is_empty })
            }

            fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Any<'de>, A::Error> {
                let mut is_empty = true;
                while fields.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
                    is_empty = false;
                }
                Ok(Any::Object { is_empty })
            }

            fn visit_bool<E>(self, _: bool) -> Result<Any<'de>, E> {
                Ok(Any::Other)
            }

            fn visit_i64<E>(self, _: i64) -> Result<Any<'de>, E> {
                Ok(Any::Other)
            }

            fn visit_u64<E>(self, _: u64) -> Result<Any<'de>, E> {
                Ok(Any::Other)
            }

            fn visit_f64<E>(self, _: f64) -> Result<Any<'de>, E> {
                Ok(Any::Other)
            }
        }

        deserializer.deserialize_any(Whatever)
    }
}

/// Writes JSON without blanks, and with only the necessary escapes.
///
/// The buffer has its final size from the start. A buffer that grows would leave copies of a value
/// in memory.
pub(crate) fn write(value: &impl Serialize) -> Vec<u8> {
    let mut json = Vec::with_capacity(written_len(value));
    write_to(&mut json, value);
    json
}

/// The length in bytes of a value as JSON.
pub(crate) fn written_len(value: &(impl Serialize + ?Sized)) -> usize {
    struct Count(usize);

    impl io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let mut count = Count(0);
    write_to(&mut count, value);
    count.0
}

/// Neither the writers nor the types that are written can fail. The host refuses a body that isn't
/// whole.
fn write_to(writer: &mut dyn io::Write, value: &(impl Serialize + ?Sized)) {
    let written = serde_json::to_writer(writer, value);
    debug_assert!(written.is_ok(), "{written:?}");
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
