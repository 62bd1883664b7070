//! Tool definitions for each kind of agent.

use super::definitions::definitions;
use super::gemini::parameters;
use super::strict::strict;
use serde_json::{Map, Value, json};

/// A kind of agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// MCP's `tools/list`. Output schemas are only outlines, so that the list is short.
    Mcp,
    /// OpenAI's function calling in strict mode. Optional arguments can be null.
    OpenAi,
    /// Anthropic's tool use.
    Anthropic,
    /// Gemini's function calling: one of its `tools`.
    Gemini,
    /// Only the schemas of arguments and answers, by the tool's name.
    JsonSchema,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 5] = [Self::Mcp, Self::OpenAi, Self::Anthropic, Self::Gemini, Self::JsonSchema];

    /// The format's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mcp => "mcp",
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
            Self::JsonSchema => "json-schema",
        }
    }

    /// Renders all tools in this format.
    #[must_use]
    pub fn write(self) -> Value {
        let definitions = definitions().into_iter();
        match self {
            Self::Mcp => {
                json!({ "tools": definitions.map(|it| it.for_mcp()).collect::<Vec<_>>() })
            }
            Self::OpenAi => definitions
                .map(|it| {
                    let function = json!({
                        "name": it.name, "description": it.description, "parameters": strict(it.input_schema), "strict": true,
                    });
                    json!({ "type": "function", "function": function })
                })
                .collect(),
            Self::Anthropic => definitions
                .map(|it| json!({ "name": it.name, "description": it.description, "input_schema": it.input_schema }))
                .collect(),
            Self::Gemini => {
                let declaration = |(name, description, parameters): (&str, &str, Option<Value>)| match parameters {
                    Some(parameters) => json!({ "name": name, "description": description, "parameters": parameters }),
                    None => json!({ "name": name, "description": description }),
                };
                let declarations =
                    definitions.map(|it| declaration((it.name, it.description, parameters(it.input_schema))));
                json!({ "functionDeclarations": declarations.collect::<Vec<_>>() })
            }
            Self::JsonSchema => definitions
                .map(|it| (it.name.to_owned(), json!({ "input": it.input_schema, "output": it.output_schema })))
                .collect::<Map<_, _>>()
                .into(),
        }
    }
}

#[cfg(test)]
#[path = "formats_tests.rs"]
mod tests;
