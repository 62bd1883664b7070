//! Tool definitions for each kind of agent.

use super::definitions::definitions;
use serde_json::{Map, Value, json};

/// A kind of agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// As MCP's `tools/list` has them. Answers in outline, so that the list is short.
    Mcp,
    /// As OpenAI's function calling has them.
    OpenAi,
    /// As Anthropic's tool use has them.
    Anthropic,
    /// The schemas alone, arguments and answer, by the tool's name.
    JsonSchema,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Mcp, Self::OpenAi, Self::Anthropic, Self::JsonSchema];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mcp => "mcp",
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
            Self::JsonSchema => "json-schema",
        }
    }

    /// All tools, in this form.
    #[must_use]
    pub fn write(self) -> Value {
        let definitions = definitions().into_iter();
        match self {
            Self::Mcp => {
                json!({ "tools": definitions.map(|it| it.for_mcp()).collect::<Vec<_>>() })
            }
            Self::OpenAi => definitions
                .map(|it| {
                    let function =
                        json!({ "name": it.name, "description": it.description, "parameters": it.input_schema });
                    json!({ "type": "function", "function": function })
                })
                .collect(),
            Self::Anthropic => definitions
                .map(|it| json!({ "name": it.name, "description": it.description, "input_schema": it.input_schema }))
                .collect(),
            Self::JsonSchema => definitions
                .map(|it| (it.name.to_owned(), json!({ "input": it.input_schema, "output": it.output_schema })))
                .collect::<Map<_, _>>()
                .into(),
        }
    }
}
