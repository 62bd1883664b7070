use super::*;
use proptest::prelude::*;

fn encode(text: &str) -> String {
    let mut out = String::new();
    encode_into(&mut out, text);
    out
}

fn decode(encoded: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = encoded.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'%' {
            let digits = [rest.next().unwrap(), rest.next().unwrap()];
            u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
        } else {
            byte
        });
    }
    String::from_utf8(bytes).unwrap()
}

#[test]
fn encodes_all_but_unreserved_bytes_in_upper_case_hex() {
    let unreserved = "ABCXYZabcxyz0189-._~";
    assert_eq!(encode(unreserved), unreserved);
    for (text, encoded) in [
        ("/app/db", "%2Fapp%2Fdb"),
        ("a b+c", "a%20b%2Bc"),
        ("a,b", "a%2Cb"),
        ("?x=1&y#z", "%3Fx%3D1%26y%23z"),
        ("100%", "100%25"),
        ("%2F", "%252F"),
        ("é", "%C3%A9"),
        ("e\u{301}", "e%CC%81"),
        ("🔑", "%F0%9F%94%91"),
        ("\r\n\0", "%0D%0A%00"),
        ("!*'();:@$[]", "%21%2A%27%28%29%3B%3A%40%24%5B%5D"),
    ] {
        assert_eq!(encode(text), encoded);
    }
}

proptest! {
    #[test]
    fn every_text_is_encoded_one_to_one(text in any::<String>()) {
        let encoded = encode(&text);
        prop_assert!(encoded.bytes().all(|byte| is_unreserved(byte) || byte == b'%'));
        prop_assert_eq!(encoded.len(), encoded_len(&text));
        prop_assert_eq!(decode(&encoded), text);
    }
}
