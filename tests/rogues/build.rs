//! Builds the rogues in Rust (`guests/examples`) and in WebAssembly's text format (`modules`), each
//! as a component of the skill's world.

use build_component::{Guests, encode, encode_module, variable};
use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use wit_component::{StringEncoding, embed_component_metadata};
use wit_parser::abi::{AbiVariant, WasmType};
use wit_parser::{Resolve, WorldId, WorldItem};

#[path = "../../host/build_component.rs"]
mod build_component;

const GUESTS: Guests<'_> = Guests {
    package: "infisical-skill-rogue-guests",
    profile: "rogue",
    targets: &["--examples", "--features", "rogues"],
};

fn main() -> ExitCode {
    match build() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("cargo::error={error}");
            ExitCode::FAILURE
        }
    }
}

fn build() -> Result<(), Box<dyn Error>> {
    let here = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    let workspace = here.ancestors().nth(2).ok_or("this crate isn't in tests/")?;
    let out = PathBuf::from(variable("OUT_DIR")?);
    for input in ["guests", "modules", "build.rs", "../../host/build_component.rs", "../../wit", "../../Cargo.toml"] {
        println!("cargo::rerun-if-changed={}", here.join(input).display());
    }
    let examples = GUESTS.compile(workspace, &out)?.join("examples");
    let mut rogues = Vec::new();
    for name in names(&here.join("guests/examples"), "rs")? {
        fs::write(out.join(&name).with_extension("wasm"), encode(&examples.join(&name).with_extension("wasm"))?)?;
        rogues.push(name);
    }
    for name in names(&here.join("modules"), "wat")? {
        let text = fs::read_to_string(here.join("modules").join(&name).with_extension("wat"))?;
        let component = in_the_world(&text, &workspace.join("wit")).map_err(|error| format!("{name}: {error}"))?;
        fs::write(out.join(&name).with_extension("wasm"), component)?;
        rogues.push(name);
    }
    fs::write(out.join("rogues.rs"), statics(&rogues)?)?;
    Ok(())
}

fn names(folder: &Path, extension: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|it| it == extension) {
            names.extend(path.file_stem().and_then(|stem| stem.to_str()).map(str::to_owned));
        }
    }
    names.sort();
    Ok(names)
}

/// One private static for each rogue: a static that no test names is dead code, which doesn't
/// compile. Also a list of all names for the tally, because a table of the statics would keep each
/// of them alive.
fn statics(rogues: &[String]) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    writeln!(text, "static ALL: &[&str] = &{rogues:?};")?;
    for name in rogues {
        writeln!(
            text,
            "static {}: infisical_skill_rogues::Rogue = infisical_skill_rogues::Rogue::new({name:?}, include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{name}.wasm\")));",
            name.to_uppercase()
        )?;
    }
    Ok(text)
}

/// Turns a module with a function `$evil (result i32)` into a component whose exports all call that
/// function.
fn in_the_world(text: &str, wit: &Path) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(wit)?;
    let world = resolve.select_world(&[package], Some("skill"))?;
    let mut module = format!("(module {text}\n");
    for (name, parameters) in exports(&resolve, world) {
        writeln!(module, "(func (export {name:?}) (param {parameters}) (result i32) (call $evil))")?;
    }
    if !text.contains("\"cabi_realloc\"") {
        // After the module's own data in its first page, and never the same address twice.
        module.push_str(
            "(global $free (mut i32) (i32.const 4096))
             (func (export \"cabi_realloc\") (param i32 i32 i32 i32) (result i32)
               (global.get $free)
               (global.set $free (i32.and (i32.add (global.get $free) (i32.add (local.get 3) (i32.const 15))) (i32.const -16))))",
        );
    }
    module.push(')');
    let mut module = wat::parse_str(&module)?;
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)?;
    Ok(encode_module(&module)?)
}

/// The core functions of the world's exports, with their parameters. Each has one result: a
/// pointer.
fn exports(resolve: &Resolve, world: WorldId) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (key, item) in resolve.worlds.get(world).into_iter().flat_map(|world| &world.exports) {
        let WorldItem::Interface { id, .. } = item else { continue };
        for function in resolve.interfaces.get(*id).into_iter().flat_map(|interface| interface.functions.values()) {
            let name = function.legacy_core_export_name(Some(&resolve.name_world_key(key))).into_owned();
            let types = resolve.wasm_signature(AbiVariant::GuestExport, function).params;
            let parameters: Vec<_> = types.into_iter().map(core_type).collect();
            found.push((name, parameters.join(" ")));
        }
    }
    found
}

fn core_type(ty: WasmType) -> &'static str {
    match ty {
        WasmType::I64 | WasmType::PointerOrI64 => "i64",
        WasmType::F32 => "f32",
        WasmType::F64 => "f64",
        WasmType::I32 | WasmType::Pointer | WasmType::Length => "i32",
    }
}
