use super::*;

/// All schemas in a format's output with their paths: of arguments, and of answers where the format
/// has them.
fn schemas(format: Format) -> Vec<(String, Value)> {
    let written = format.write();
    let named = |it: &Value, key: &str| (it["name"].as_str().unwrap().to_owned(), it[key].clone());
    let list = |value: &Value| value.as_array().unwrap().clone();
    match format {
        Format::Mcp => list(&written["tools"])
            .iter()
            .flat_map(|it| [named(it, "inputSchema"), named(it, "outputSchema")])
            .collect(),
        Format::OpenAi => list(&written).iter().map(|it| named(&it["function"], "parameters")).collect(),
        Format::Anthropic => list(&written).iter().map(|it| named(it, "input_schema")).collect(),
        Format::Gemini => list(&written["functionDeclarations"])
            .iter()
            .filter(|it| it.get("parameters").is_some())
            .map(|it| named(it, "parameters"))
            .collect(),
        Format::JsonSchema => written
            .as_object()
            .unwrap()
            .iter()
            .flat_map(|(name, it)| [(name.clone(), it["input"].clone()), (name.clone(), it["output"].clone())])
            .collect(),
    }
}

/// Visits a schema and all schemas below it, with their paths.
fn visit(at: &str, schema: &Value, check: &mut dyn FnMut(&str, &Value)) {
    check(at, schema);
    for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
        visit(&format!("{at}.{name}"), inner, check);
    }
    for key in ["items", "additionalProperties"] {
        if schema[key].is_object() {
            visit(&format!("{at}.{key}"), &schema[key], check);
        }
    }
    for key in ["anyOf", "oneOf", "allOf"] {
        for inner in schema[key].as_array().into_iter().flatten() {
            visit(&format!("{at}.{key}"), inner, check);
        }
    }
}

#[test]
fn every_property_of_every_tool_in_every_format_has_a_type() {
    for format in Format::ALL {
        let mut properties = 0;
        for (tool, schema) in schemas(format) {
            visit(&tool, &schema, &mut |at, schema| {
                let types = match &schema["type"] {
                    Value::String(one) => vec![one.as_str()],
                    Value::Array(many) => many.iter().map(|name| name.as_str().unwrap()).collect(),
                    _ => Vec::new(),
                };
                let known = ["string", "integer", "number", "boolean", "array", "object", "null"];
                assert!(
                    !types.is_empty() && types.iter().all(|it| known.contains(it)),
                    "{} {at} has no type: {schema}",
                    format.name()
                );
                properties += 1;
            });
        }
        assert!(properties > 80, "{} {properties}", format.name());
    }
}

fn is_one_of(schema: &Value, keywords: &[&str], at: &str) {
    for keyword in schema.as_object().unwrap_or_else(|| panic!("{at}")).keys() {
        assert!(keywords.contains(&keyword.as_str()), "{at}: {keyword} in {schema}");
    }
}

/// Whether a name has only letters, digits and these other characters, and at most this length.
fn is_name(name: &str, others: &str, most: usize) -> bool {
    !name.is_empty() && name.len() <= most && name.chars().all(|c| c.is_ascii_alphanumeric() || others.contains(c))
}

fn types(schema: &Value) -> Vec<&str> {
    match &schema["type"] {
        Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    }
}

/// Source: Gemini API reference, `FunctionDeclaration` and `Schema`. The API also refuses objects
/// without properties, and enums that aren't strings.
#[test]
fn every_tool_is_valid_for_gemini() {
    const SCHEMA: [&str; 22] = [
        "type",
        "format",
        "title",
        "description",
        "nullable",
        "enum",
        "maxItems",
        "minItems",
        "properties",
        "required",
        "minProperties",
        "maxProperties",
        "minLength",
        "maxLength",
        "pattern",
        "example",
        "anyOf",
        "propertyOrdering",
        "default",
        "items",
        "minimum",
        "maximum",
    ];
    let written = Format::Gemini.write();
    let declarations = written["functionDeclarations"].as_array().unwrap();
    assert_eq!(declarations.len(), crate::tools::NAMES.len());
    for declaration in declarations {
        is_one_of(declaration, &["name", "description", "parameters"], "a declaration");
        let name = declaration["name"].as_str().unwrap();
        assert!(is_name(name, "_-.", 63) && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'), "{name}");
    }
    for (tool, schema) in schemas(Format::Gemini) {
        assert_eq!(schema["type"], "object", "{tool}");
        visit(&tool, &schema, &mut |at, schema| {
            is_one_of(schema, &SCHEMA, at);
            let kind = schema["type"].as_str().unwrap_or_else(|| panic!("{at}: one type: {schema}"));
            let properties = schema["properties"].as_object();
            assert_eq!(kind == "object", properties.is_some_and(|all| !all.is_empty()), "{at}: {schema}");
            assert_eq!(kind == "array", schema["items"].is_object(), "{at}: {schema}");
            for property in properties.into_iter().flat_map(Map::keys) {
                assert!(
                    is_name(property, "_", 64) && !property.starts_with(|c: char| c.is_ascii_digit()),
                    "{at}.{property}"
                );
            }
            for required in schema["required"].as_array().into_iter().flatten() {
                assert!(properties.is_some_and(|all| all.contains_key(required.as_str().unwrap())), "{at}: {required}");
            }
            if let Some(choices) = schema.get("enum") {
                let choices = choices.as_array().unwrap();
                assert!(
                    kind == "string" && !choices.is_empty() && choices.iter().all(Value::is_string),
                    "{at}: {schema}"
                );
            }
        });
    }
}

/// Gemini accepts the schemas that clients pass on unchanged from MCP as `parametersJsonSchema`.
#[test]
fn gemini_takes_the_schemas_that_mcp_lists() {
    const JSON_SCHEMA: [&str; 21] = [
        "$id",
        "$defs",
        "$ref",
        "$anchor",
        "type",
        "format",
        "title",
        "description",
        "enum",
        "items",
        "prefixItems",
        "minItems",
        "maxItems",
        "minimum",
        "maximum",
        "anyOf",
        "oneOf",
        "properties",
        "additionalProperties",
        "required",
        "propertyOrdering",
    ];
    for (tool, schema) in schemas(Format::Mcp) {
        visit(&tool, &schema, &mut |at, schema| {
            is_one_of(schema, &JSON_SCHEMA, at);
            for choice in schema["enum"].as_array().into_iter().flatten() {
                assert!(choice.is_string() || choice.is_number(), "{at}");
            }
        });
    }
}

/// Source: OpenAI's guide to structured outputs, "Supported schemas", and its limits.
#[test]
fn every_tool_is_valid_for_openai_in_strict_mode() {
    const SCHEMA: [&str; 7] =
        ["type", "description", "properties", "required", "additionalProperties", "items", "enum"];
    let written = Format::OpenAi.write();
    for tool in written.as_array().unwrap() {
        assert_eq!((&tool["type"], &tool["function"]["strict"]), (&json!("function"), &json!(true)), "{tool}");
        is_one_of(&tool["function"], &["name", "description", "parameters", "strict"], "a function");
        assert!(is_name(tool["function"]["name"].as_str().unwrap(), "_-", 64), "{tool}");
    }
    for (tool, schema) in schemas(Format::OpenAi) {
        assert_eq!(schema["type"], "object", "the root is an object, and no choice: {tool}");
        let (mut properties, mut choices, mut text, mut deepest) = (0, 0, 0, 0);
        visit(&tool, &schema, &mut |at, schema| {
            is_one_of(schema, &SCHEMA, at);
            deepest = deepest.max(at.matches('.').count());
            if types(schema).contains(&"object") {
                let mut names: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
                let mut required: Vec<&str> =
                    schema["required"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
                names.sort();
                required.sort_unstable();
                assert_eq!(names, required, "{at}: all are required");
                assert_eq!(schema["additionalProperties"], false, "{at}");
                properties += names.len();
                text += names.iter().map(|name| name.len()).sum::<usize>();
            }
            for choice in schema["enum"].as_array().into_iter().flatten() {
                choices += 1;
                text += choice.as_str().map_or(0, str::len);
            }
        });
        assert!(properties <= 5_000 && deepest <= 10 && choices <= 1_000 && text <= 120_000, "{tool}");
    }
}

/// In strict mode, exactly the optional arguments can be null.
#[test]
fn in_strict_mode_null_stands_for_what_may_be_left_out() {
    let plain: std::collections::BTreeMap<String, Value> = schemas(Format::Anthropic).into_iter().collect();
    for (tool, strict) in schemas(Format::OpenAi) {
        for (name, schema) in strict["properties"].as_object().unwrap() {
            let is_required = plain[&tool]["required"].as_array().is_some_and(|all| all.contains(&json!(name)));
            assert_eq!(types(schema).contains(&"null"), !is_required, "{tool}.{name}");
        }
    }
}

/// Source: Anthropic's reference of tool definitions, and its limits of JSON Schema for strict
/// tools.
#[test]
fn every_tool_is_valid_for_anthropic() {
    const SCHEMA: [&str; 8] =
        ["type", "description", "properties", "required", "additionalProperties", "items", "enum", "minItems"];
    for tool in Format::Anthropic.write().as_array().unwrap() {
        is_one_of(tool, &["name", "description", "input_schema"], "a tool");
        assert!(is_name(tool["name"].as_str().unwrap(), "_-", 64), "{tool}");
    }
    for (tool, schema) in schemas(Format::Anthropic) {
        assert_eq!(schema["type"], "object", "the root is an object, and no choice: {tool}");
        visit(&tool, &schema, &mut |at, schema| {
            is_one_of(schema, &SCHEMA, at);
            for property in schema["properties"].as_object().into_iter().flat_map(Map::keys) {
                assert!(is_name(property, "_-.", 64), "{at}.{property}");
            }
            if types(schema).contains(&"object") {
                assert_eq!(schema["additionalProperties"], false, "{at}");
            }
            assert!(schema["minItems"].as_u64().is_none_or(|least| least <= 1), "{at}");
        });
    }
}
