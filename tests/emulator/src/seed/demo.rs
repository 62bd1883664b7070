//! The demonstration seed.

use super::{ProjectSeed, SecretSeed, Seed};

const PEM: &str = "-----BEGIN PRIVATE KEY-----\ncanary-value-dev-invoice-key\n-----END PRIVATE KEY-----\n";

pub(super) fn seed() -> Seed {
    let projects = Seed::default().project(agent_vault()).project(data_platform());
    projects.user("dana@example.com").user("lee@example.com")
}

fn agent_vault() -> ProjectSeed {
    ProjectSeed::new("Agent Vault", "agent-vault")
        .folder("dev", "/app/db")
        .folder("dev", "/billing")
        .folder("dev", "/empty")
        .secret(
            "dev",
            "/",
            SecretSeed::new("DATABASE_URL", "postgres://app:canary-value-dev-database@db.internal:5432/app")
                .comment("canary-comment-primary database, owned by platform")
                .tag("infra"),
        )
        .secret("dev", "/", SecretSeed::new("SENTRY_DSN", "https://canary-value-dev-sentry@errors.internal/4"))
        .secret(
            "dev",
            "/app",
            SecretSeed::new("STRIPE_API_KEY", "sk_test_canary-value-dev-stripe")
                .metadata("owner", "canary-metadata-payments")
                .tag("payments")
                .reminder_note("canary-note-rotate every quarter"),
        )
        .secret(
            "dev",
            "/app",
            SecretSeed::new(
                "SERVICE_URL",
                "https://svc:${dev.app.db.DB_PASSWORD}@api.internal/?k=canary-value-dev-service",
            ),
        )
        .secret("dev", "/app/db", SecretSeed::new("DB_USER", "canary-value-dev-db-user"))
        .secret(
            "dev",
            "/app/db",
            SecretSeed::new("DB_PASSWORD", "canary-value-dev-db-password").tag("infra").tag("rotated"),
        )
        .secret("dev", "/billing", SecretSeed::new("INVOICE_SIGNING_KEY", PEM).tag("payments"))
        .import("dev", "/billing", "staging", "/shared")
        .secret(
            "staging",
            "/",
            SecretSeed::new("DATABASE_URL", "postgres://app:canary-value-staging-database@db.staging:5432/app"),
        )
        .secret("staging", "/shared", SecretSeed::new("SMTP_PASSWORD", "canary-value-staging-smtp"))
        .secret(
            "prod",
            "/",
            SecretSeed::new("DATABASE_URL", "postgres://app:canary-value-prod-database@db.prod:5432/app")
                .comment("canary-comment-ask before touching")
                .tag("infra"),
        )
        .secret("prod", "/app", SecretSeed::new("STRIPE_API_KEY", "sk_live_canary-value-prod-stripe").tag("payments"))
        .secret("prod", "/app", SecretSeed::new("JWT_SIGNING_KEY", "canary-value-prod-jwt"))
}

fn data_platform() -> ProjectSeed {
    ProjectSeed::new("Data Platform", "data-platform")
        .secret("dev", "/", SecretSeed::new("WAREHOUSE_PASSWORD", "canary-value-data-dev-warehouse"))
        .secret("prod", "/etl", SecretSeed::new("WAREHOUSE_PASSWORD", "canary-value-data-prod-warehouse"))
}
