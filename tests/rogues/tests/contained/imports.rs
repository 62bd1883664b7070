//! Rogues that import more than a skill gets: the host refuses them when it loads them, before any
//! of their code runs.

use infisical_skill::ComponentRefusal;
use infisical_skill::component::Component;
use infisical_skill_rogues::{Boundary, cases};

cases![
    refuses_extra_import_and_names_it,
    refuses_component_that_sets_its_own_timeouts,
    refuses_component_with_uncounted_memories,
    refuses_anything_but_a_component_of_the_world,
];

async fn refuses_extra_import_and_names_it() {
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

async fn refuses_component_that_sets_its_own_timeouts() {
    let rogue = &crate::CHOOSES_ITS_OWN_DEADLINE;
    rogue.tries(Boundary::Imports, None).is_refused_at_load(
        &rogue.load(),
        |refusal| matches!(refusal, ComponentRefusal::Import(name) if name.starts_with("wasi:clocks/")),
    );
}

async fn refuses_component_with_uncounted_memories() {
    for rogue in [&crate::HAS_TWO_MEMORIES, &crate::HAS_A_64_BIT_MEMORY] {
        rogue
            .tries(Boundary::Imports, None)
            .is_refused_at_load(&rogue.load(), |refusal| matches!(refusal, ComponentRefusal::Unfit(_)));
    }
}

async fn refuses_anything_but_a_component_of_the_world() {
    // A component without exports, a core module, an empty file, random bytes, and too many bytes.
    let empty = b"\0asm\x0d\0\x01\0".to_vec();
    let module = b"\0asm\x01\0\0\0".to_vec();
    for bytes in [empty, module, Vec::new(), b"a component, honestly".to_vec(), vec![0; Component::MAX_BYTES + 1]] {
        let refused = Component::compile(&bytes);
        assert!(matches!(refused, Err(ComponentRefusal::Unfit(_))), "{refused:?}");
    }
}
