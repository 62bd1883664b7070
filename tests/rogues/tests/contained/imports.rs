//! Rogues that want more than a skill gets: refused when they are loaded, before any of their code runs.

use infisical_skill::ComponentRefusal;
use infisical_skill::component::Component;
use infisical_skill_rogues::{Boundary, cases};

cases![
    a_component_that_imports_more_than_a_skill_gets_is_refused_by_the_imports_name,
    a_component_that_would_choose_its_own_time_outs_is_refused,
    a_component_with_memories_that_nobody_counts_is_refused,
    what_is_no_component_of_the_skills_world_is_refused,
];

async fn a_component_that_imports_more_than_a_skill_gets_is_refused_by_the_imports_name() {
    for (rogue, import) in [
        (&crate::IMPORTS_FILES, "wasi:filesystem/"),
        (&crate::IMPORTS_SOCKETS, "wasi:sockets/"),
        (&crate::IMPORTS_THE_ENVIRONMENT, "wasi:cli/environment@"),
        (&crate::IMPORTS_STANDARD_OUTPUT, "wasi:cli/stdout@"),
        (&crate::IMPORTS_A_CLOCK, "wasi:clocks/monotonic-clock@"),
        (&crate::IMPORTS_SOMETHING_OF_ITS_OWN, "evil:post/outbox@1.0.0"),
    ] {
        rogue.tries(Boundary::Imports, None).is_refused_at_load(
            &rogue.load(),
            |refusal| matches!(refusal, ComponentRefusal::Import(name) if name.starts_with(import)),
        );
    }
}

async fn a_component_that_would_choose_its_own_time_outs_is_refused() {
    let rogue = &crate::CHOOSES_ITS_OWN_DEADLINE;
    rogue.tries(Boundary::Imports, None).is_refused_at_load(
        &rogue.load(),
        |refusal| matches!(refusal, ComponentRefusal::Import(name) if name.starts_with("wasi:clocks/")),
    );
}

async fn a_component_with_memories_that_nobody_counts_is_refused() {
    for rogue in [&crate::HAS_TWO_MEMORIES, &crate::HAS_A_64_BIT_MEMORY] {
        rogue
            .tries(Boundary::Imports, None)
            .is_refused_at_load(&rogue.load(), |refusal| matches!(refusal, ComponentRefusal::Unfit(_)));
    }
}

async fn what_is_no_component_of_the_skills_world_is_refused() {
    // A component that exports nothing; a core module; nothing; noise; too much.
    let empty = b"\0asm\x0d\0\x01\0".to_vec();
    let module = b"\0asm\x01\0\0\0".to_vec();
    for bytes in [empty, module, Vec::new(), b"a component, honestly".to_vec(), vec![0; Component::MAX_BYTES + 1]] {
        let refused = Component::compile(&bytes);
        assert!(matches!(refused, Err(ComponentRefusal::Unfit(_))), "{refused:?}");
    }
}
