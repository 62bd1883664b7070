//! Prints the sorted imports and exports of a component, to compare two builds: `cargo run
//! --example world -- FILE`.

use std::error::Error;
use wit_component::DecodedWasm;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).ok_or("name the component's file")?;
    let DecodedWasm::Component(resolve, world) = wit_component::decode(&std::fs::read(path)?)? else {
        return Err("this is a WIT package, not a component".into());
    };
    let world = resolve.worlds.get(world).ok_or("the component has no world")?;
    for (title, items) in [("import", &world.imports), ("export", &world.exports)] {
        let mut names: Vec<_> = items.keys().map(|key| resolve.name_world_key(key)).collect();
        names.sort();
        names.iter().for_each(|name| println!("{title} {name}"));
    }
    Ok(())
}
