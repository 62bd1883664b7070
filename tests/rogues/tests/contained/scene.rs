//! A server, and a plan of the shipped component to create two secrets.

use crate::ground::trail;
use infisical_emulator::{ApiVersion, Exchange};
use infisical_skill::{Error, Preview, Receipt, Skill, SkillBuilder};
use infisical_skill_contract::stage::{Stage, create, literal};
use infisical_skill_rogues::{Boundary, Rogue, Trial};

pub(crate) struct Scene {
    pub(crate) stage: Stage,
    pub(crate) preview: Preview,
    api_version: ApiVersion,
}

impl Scene {
    pub(crate) async fn with(api_version: ApiVersion) -> Self {
        Self::adjusted(api_version, "planned-value", |builder| builder).await
    }

    /// A plan whose first secret has this value. The value can carry instructions for a rogue.
    pub(crate) async fn telling(api_version: ApiVersion, value: &str) -> Self {
        Self::adjusted(api_version, value, |builder| builder).await
    }

    pub(crate) async fn adjusted(
        api_version: ApiVersion,
        value: &str,
        adjust: impl FnOnce(SkillBuilder) -> SkillBuilder,
    ) -> Self {
        let stage = Stage::with(api_version, adjust).await.unwrap();
        stage.switch_on().unwrap();
        let changes = vec![
            create("/app", "PLANNED_ONE", literal(value)),
            create("/app", "PLANNED_TWO", literal("planned-value")),
        ];
        let preview = stage.skill.preview(changes).await.unwrap();
        Self { stage, preview, api_version }
    }

    /// Starts a trial of the rogue with this plan.
    pub(crate) fn trial(&self, rogue: &Rogue) -> Trial {
        rogue.tries(Boundary::Plan, self.api_version)
    }

    pub(crate) fn skill_with(&self, rogue: &Rogue) -> Skill {
        self.stage.another(|builder| builder.component(rogue.load().unwrap())).unwrap()
    }

    pub(crate) async fn apply_with(&self, rogue: &Rogue) -> Result<Receipt, Error> {
        self.skill_with(rogue).apply(&self.preview.plan, self.preview.acknowledge.as_deref()).await
    }

    /// Asserts that receipt and trail report the violation.
    pub(crate) fn is_told(&self, receipt: &Receipt) {
        let notes: Vec<_> = receipt.steps.iter().filter_map(|step| step.note.as_deref()).collect();
        assert!(notes.iter().any(|note| note.contains("blocked at the sandbox boundary")), "{receipt:?}");
        assert!(self.trail().contains("blocked at the sandbox boundary"));
    }

    pub(crate) fn trail(&self) -> String {
        trail(self.stage.folder())
    }

    /// The names of the secrets that the sent requests create.
    pub(crate) fn left(&self) -> Vec<String> {
        let name = |exchange: Exchange| {
            assert_eq!(exchange.method, "POST");
            assert!(exchange.body.unwrap().to_string().contains("planned-value"));
            exchange.path_and_query.rsplit('/').next().unwrap_or_default().to_owned()
        };
        self.stage.changes_sent().into_iter().map(name).collect()
    }
}
