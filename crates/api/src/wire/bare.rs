//! JSON without `null` properties, written as it goes: no tree of values is made
//! only to be thinned out.

use std::fmt;

use serde::ser::{self, Impossible, Serialize, Serializer};

/// Writes as `T` does, but leaves properties out that are `null`.
pub struct Bare<'a, T: ?Sized>(pub &'a T);

impl<T: Serialize + ?Sized> Serialize for Bare<'_, T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(Thin(to))
    }
}

/// Passes on to another serializer what is not a `null` property.
struct Thin<S>(S);

macro_rules! passed_on {
    ($($name:ident: $type:ty),*) => {$(
        fn $name(self, v: $type) -> Result<S::Ok, S::Error> { self.0.$name(v) }
    )*};
}

impl<S: Serializer> Serializer for Thin<S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Thin<S::SerializeSeq>;
    type SerializeTuple = Thin<S::SerializeTuple>;
    type SerializeTupleStruct = Thin<S::SerializeTupleStruct>;
    type SerializeTupleVariant = Thin<S::SerializeTupleVariant>;
    type SerializeMap = Thin<S::SerializeMap>;
    type SerializeStruct = Thin<S::SerializeStruct>;
    type SerializeStructVariant = Thin<S::SerializeStructVariant>;

    passed_on! {
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32,
        serialize_i64: i64, serialize_u8: u8, serialize_u16: u16, serialize_u32: u32,
        serialize_u64: u64, serialize_f32: f32, serialize_f64: f64, serialize_char: char,
        serialize_str: &str, serialize_bytes: &[u8], serialize_unit_struct: &'static str
    }

    fn serialize_none(self) -> Result<S::Ok, S::Error> {
        self.0.serialize_none()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, v: &T) -> Result<S::Ok, S::Error> {
        self.0.serialize_some(&Bare(v))
    }

    fn serialize_unit(self) -> Result<S::Ok, S::Error> {
        self.0.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
    ) -> Result<S::Ok, S::Error> {
        self.0.serialize_unit_variant(name, index, variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        v: &T,
    ) -> Result<S::Ok, S::Error> {
        self.0.serialize_newtype_struct(name, &Bare(v))
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        v: &T,
    ) -> Result<S::Ok, S::Error> {
        self.0
            .serialize_newtype_variant(name, index, variant, &Bare(v))
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Self::SerializeSeq, S::Error> {
        self.0.serialize_seq(len).map(Thin)
    }

    fn serialize_tuple(self, len: usize) -> Result<Self::SerializeTuple, S::Error> {
        self.0.serialize_tuple(len).map(Thin)
    }

    fn serialize_tuple_struct(
        self,
        name: &'static str,
        len: usize,
    ) -> Result<Self::SerializeTupleStruct, S::Error> {
        self.0.serialize_tuple_struct(name, len).map(Thin)
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeTupleVariant, S::Error> {
        self.0
            .serialize_tuple_variant(name, index, variant, len)
            .map(Thin)
    }

    // How many properties there will be is not known.
    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, S::Error> {
        self.0.serialize_map(None).map(Thin)
    }

    fn serialize_struct(
        self,
        name: &'static str,
        len: usize,
    ) -> Result<Self::SerializeStruct, S::Error> {
        self.0.serialize_struct(name, len).map(Thin)
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeStructVariant, S::Error> {
        self.0
            .serialize_struct_variant(name, index, variant, len)
            .map(Thin)
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, v: &T) -> Result<S::Ok, S::Error> {
        self.0.collect_str(v)
    }

    fn is_human_readable(&self) -> bool {
        self.0.is_human_readable()
    }
}

macro_rules! lists {
    ($($trait:ident: $element:ident),*) => {$(
        impl<S: ser::$trait> ser::$trait for Thin<S> {
            type Ok = S::Ok;
            type Error = S::Error;

            fn $element<T: Serialize + ?Sized>(&mut self, v: &T) -> Result<(), S::Error> {
                self.0.$element(&Bare(v))
            }

            fn end(self) -> Result<S::Ok, S::Error> {
                self.0.end()
            }
        }
    )*};
}

lists! {
    SerializeSeq: serialize_element, SerializeTuple: serialize_element,
    SerializeTupleStruct: serialize_field, SerializeTupleVariant: serialize_field
}

macro_rules! structs {
    ($($trait:ident),*) => {$(
        impl<S: ser::$trait> ser::$trait for Thin<S> {
            type Ok = S::Ok;
            type Error = S::Error;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                key: &'static str,
                v: &T,
            ) -> Result<(), S::Error> {
                if is_null(v) {
                    return Ok(());
                }
                self.0.serialize_field(key, &Bare(v))
            }

            fn end(self) -> Result<S::Ok, S::Error> {
                self.0.end()
            }
        }
    )*};
}

structs! { SerializeStruct, SerializeStructVariant }

impl<S: ser::SerializeMap> ser::SerializeMap for Thin<S> {
    type Ok = S::Ok;
    type Error = S::Error;

    fn serialize_entry<K: Serialize + ?Sized, V: Serialize + ?Sized>(
        &mut self,
        key: &K,
        v: &V,
    ) -> Result<(), S::Error> {
        if is_null(v) {
            return Ok(());
        }
        self.0.serialize_entry(key, &Bare(v))
    }

    // A key that is written alone has a value already decided on.
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), S::Error> {
        self.0.serialize_key(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, v: &T) -> Result<(), S::Error> {
        self.0.serialize_value(&Bare(v))
    }

    fn end(self) -> Result<S::Ok, S::Error> {
        self.0.end()
    }
}

fn is_null<T: Serialize + ?Sized>(v: &T) -> bool {
    matches!(v.serialize(IsNull), Err(Seen::Null))
}

/// Looks at how a value begins.
struct IsNull;

#[derive(Debug)]
enum Seen {
    Null,
    Other,
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for Seen {}

impl ser::Error for Seen {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::Other
    }
}

type Never = Impossible<(), Seen>;

macro_rules! other {
    ($($name:ident($($type:ty),*) -> $out:ty;)*) => {$(
        fn $name(self $(, _: $type)*) -> Result<$out, Seen> { Err(Seen::Other) }
    )*};
}

impl Serializer for IsNull {
    type Ok = ();
    type Error = Seen;
    type SerializeSeq = Never;
    type SerializeTuple = Never;
    type SerializeTupleStruct = Never;
    type SerializeTupleVariant = Never;
    type SerializeMap = Never;
    type SerializeStruct = Never;
    type SerializeStructVariant = Never;

    fn serialize_none(self) -> Result<(), Seen> {
        Err(Seen::Null)
    }

    fn serialize_unit(self) -> Result<(), Seen> {
        Err(Seen::Null)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Seen> {
        Err(Seen::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, v: &T) -> Result<(), Seen> {
        v.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        v: &T,
    ) -> Result<(), Seen> {
        v.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), Seen> {
        Err(Seen::Other)
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, _: &T) -> Result<(), Seen> {
        Err(Seen::Other)
    }

    other! {
        serialize_bool(bool) -> ();
        serialize_i8(i8) -> ();
        serialize_i16(i16) -> ();
        serialize_i32(i32) -> ();
        serialize_i64(i64) -> ();
        serialize_u8(u8) -> ();
        serialize_u16(u16) -> ();
        serialize_u32(u32) -> ();
        serialize_u64(u64) -> ();
        serialize_f32(f32) -> ();
        serialize_f64(f64) -> ();
        serialize_char(char) -> ();
        serialize_str(&str) -> ();
        serialize_bytes(&[u8]) -> ();
        serialize_unit_variant(&'static str, u32, &'static str) -> ();
        serialize_seq(Option<usize>) -> Never;
        serialize_tuple(usize) -> Never;
        serialize_tuple_struct(&'static str, usize) -> Never;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Never;
        serialize_map(Option<usize>) -> Never;
        serialize_struct(&'static str, usize) -> Never;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Never;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Serialize;
    use serde_json::{Value, json};

    use super::Bare;

    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Order {
        id: Option<u32>,
        name: Option<Option<&'static str>>,
        lines: Vec<Option<Line>>,
        #[serde(flatten)]
        more: BTreeMap<&'static str, Option<Line>>,
        any: Value,
    }

    #[derive(Clone, Serialize)]
    struct Line {
        text: &'static str,
        note: Option<()>,
    }

    #[test]
    fn nulls_are_left_out_of_objects_but_not_of_lists() {
        let line = Line {
            text: "a \"quoted\" one",
            note: Some(()),
        };
        let order = Order {
            id: None,
            name: Some(None),
            lines: vec![Some(line.clone()), None],
            more: BTreeMap::from([("first", Some(line)), ("second", None)]),
            any: json!({ "a": null, "b": [null, { "c": null }], "d": false }),
        };
        let expected = json!({
            "lines": [{ "text": "a \"quoted\" one" }, null],
            "first": { "text": "a \"quoted\" one" },
            "any": { "b": [null, {}], "d": false },
        });
        assert_eq!(serde_json::to_value(Bare(&order)).expect("JSON"), expected);
        let text = serde_json::to_string(&Bare(&order)).expect("JSON");
        assert_eq!(text, expected.to_string());
    }
}
