//! Makes objects, as Python that makes them: by their class, or by their class and calls that put something into them.
//!
//! Invariant: the text of an object is one expression.

use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

use super::{MAX_DEPTH, Taste, items, part};
use crate::inputs::natural;
use crate::python::prepared;
use crate::python::types::{Field, Instance, LibraryClass, Made, Preparation, Type};
use crate::sandbox::value::Value;

/// The parameter that takes the object of a method.
const RECEIVER: &str = "self";
/// How many calls make an object ready.
const STEPS: [usize; 5] = [3, 2, 4, 1, 3];

/// An instance of a class, as Python that makes it.
pub(super) fn object(
    instance: &Instance,
    taste: &Taste,
    index: usize,
    depth: u32,
    rng: &mut ChaCha8Rng,
) -> Value {
    let class = &instance.class;
    match &instance.made {
        Made::Members(members) => {
            let member = if depth == 0 {
                members.get(index % members.len().max(1))
            } else {
                members.choose(rng)
            };
            member.map_or(Value::None, Value::expression)
        }
        Made::Library(library) => library_object(class, *library, taste, index, rng),
        Made::Call(fields) => {
            let Some(made) = called(class, fields, taste, index, depth, rng) else {
                return Value::None;
            };
            let preparation = instance.preparation.as_ref();
            let is_ready = depth == 0 && taste.name == RECEIVER && !index.is_multiple_of(4);
            let ready = preparation
                .filter(|_| is_ready)
                .and_then(|preparation| made_ready(&made, preparation, taste, index, rng));
            Value::expression(ready.unwrap_or(made))
        }
    }
}

/// An object after some of the calls that change it.
fn made_ready(
    made: &str,
    preparation: &Preparation,
    taste: &Taste,
    index: usize,
    rng: &mut ChaCha8Rng,
) -> Option<String> {
    let Preparation { name, methods } = preparation;
    // People mostly repeat one call: they put several things into one place.
    let usual = methods.choose(rng)?;
    let steps = (0..STEPS[index % STEPS.len()]).map(|step| {
        let (method, fields) =
            if rng.random_bool(0.8) { usual } else { methods.choose(rng).unwrap_or(usual) };
        called(&format!("{name}.{method}"), fields, taste, index + step, 0, rng)
    });
    Some(prepared::write(name, made, &steps.collect::<Option<Vec<String>>>()?))
}

/// A call with an argument for each field, as Python.
fn called(
    callee: &str,
    fields: &[Field],
    taste: &Taste,
    index: usize,
    depth: u32,
    rng: &mut ChaCha8Rng,
) -> Option<String> {
    let mut arguments = Vec::new();
    let mut by_name = false;
    for (i, Field { name, ty, is_optional, is_keyword }) in fields.iter().enumerate() {
        let is_left_out =
            *is_optional && rng.random_bool(if index % 3 == i % 3 { 0.7 } else { 0.3 });
        if is_left_out || depth >= MAX_DEPTH && *is_optional {
            by_name = true;
            continue;
        }
        let made = part(ty, &taste.of_part(name), index + i, depth, rng);
        let text = made.to_source()?;
        let is_named = by_name || *is_keyword;
        arguments.push(if is_named { format!("{name}={text}") } else { text });
    }
    Some(format!("{callee}({})", arguments.join(", ")))
}

fn library_object(
    class: &str,
    library: LibraryClass,
    taste: &Taste,
    index: usize,
    rng: &mut ChaCha8Rng,
) -> Value {
    let mut between = |least: u32, most: u32| rng.random_range(least..=most);
    let arguments = match library {
        LibraryClass::Date => {
            format!("{}, {}, {}", between(2018, 2026), between(1, 12), between(1, 28))
        }
        LibraryClass::DateTime => format!(
            "{}, {}, {}, {}, {}",
            between(2018, 2026),
            between(1, 12),
            between(1, 28),
            between(0, 23),
            between(0, 59)
        ),
        LibraryClass::Time => format!("{}, {}", between(0, 23), between(0, 59)),
        LibraryClass::TimeDelta => match index % 3 {
            0 => format!("days={}", between(1, 40)),
            1 => format!("days={}, hours={}", between(0, 9), between(1, 23)),
            _ => format!("minutes={}, seconds={}", between(1, 300), between(0, 59)),
        },
        LibraryClass::Decimal => format!("'{}.{:02}'", between(0, 200), between(0, 99)),
        LibraryClass::Fraction => format!("{}, {}", between(1, 9), between(2, 12)),
        LibraryClass::Path => {
            Value::Str(natural::text(&natural::text_kind("path", "", &[]), index, rng)).to_string()
        }
        LibraryClass::TextFile => {
            let lines = [
                "first line\nsecond line\n",
                "name,age\nAda,36\nBob,41\n",
                "one\n\ntwo\n",
                "hello world",
                "",
            ];
            Value::str(lines[index % lines.len()]).to_string()
        }
        LibraryClass::ByteFile => "b'first line\\nsecond line\\n'".to_owned(),
        LibraryClass::Deque => Value::List(items(&Type::Int, taste, index, 0, rng)).to_string(),
        LibraryClass::Counter => Value::str(["banana", "hello", "abca"][index % 3]).to_string(),
        LibraryClass::Pattern => {
            let Some(module) = class.strip_suffix("Pattern") else { return Value::None };
            let pattern = [r"r'\d+'", r"r'[a-z]+'", r"r'(\w)\w*'"][index % 3];
            return Value::expression(format!("{module}compile({pattern})"));
        }
    };
    Value::expression(format!("{class}({arguments})"))
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::super::value;
    use super::*;

    #[test]
    fn objects_are_python_that_makes_them() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let field = |name: &str| Field {
            name: name.into(),
            ty: Type::Int,
            is_optional: false,
            is_keyword: false,
        };
        let class = |made| Type::Instance(Box::new(Instance::of("Point", made)));
        let point = value(
            &class(Made::Call(vec![field("x"), field("y")])),
            &Taste::plain("p"),
            0,
            &mut rng,
        );
        assert!(point.to_source().unwrap().starts_with("Point("), "{point:?}");
        let members = Made::Members(vec!["Point.A".into()]);
        assert_eq!(
            value(&class(members), &Taste::plain("p"), 0, &mut rng).to_source().unwrap(),
            "Point.A"
        );
    }

    #[test]
    fn an_object_that_a_method_is_called_on_is_made_ready() {
        let item =
            Field { name: "item".into(), ty: Type::Int, is_optional: false, is_keyword: false };
        let preparation =
            Preparation { name: "stack".into(), methods: vec![("push".into(), vec![item])] };
        let class = Instance {
            preparation: Some(preparation),
            ..Instance::of("Stack", Made::Call(Vec::new()))
        };
        let ty = Type::Instance(Box::new(class));
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut text = |name: &str, index| {
            value(&ty, &Taste::plain(name), index, &mut rng).to_source().unwrap()
        };
        assert_eq!(text(RECEIVER, 0), "Stack()");
        let ready = text(RECEIVER, 1);
        assert!(ready.starts_with("(stack := Stack(), stack.push("), "{ready}");
        assert_eq!(prepared::steps_of(&ready), STEPS[1]);
        assert_eq!(text("other", 1), "Stack()");
    }
}
