//! What is asked for: each item by each of its keys, in the order of the input.

use std::{
    collections::BTreeMap,
    fmt,
    num::NonZero,
    path::{Path, PathBuf},
};

use crate::{
    Run,
    cli::operation::Asked,
    signing::{Items, Key, pyjson},
};

/// One item by one key.
#[derive(Clone, Copy)]
pub(in crate::cli) struct Pair<'a> {
    /// The position of the item in the input, from 0.
    pub(in crate::cli) index: usize,
    pub(in crate::cli) item: Item<'a>,
    pub(in crate::cli) key: &'a Key,
    /// The object that the item was given as, if it was.
    pub(in crate::cli) input: Option<&'a str>,
}

/// An item as it was given.
#[derive(Clone, Copy)]
pub(in crate::cli) enum Item<'a> {
    Image { reference: &'a str, repository: &'a str, digest: &'a str },
    File(&'a Path),
    Text(&'a str),
}

/// All pairs of an operation, and which values of which requests they get.
pub(in crate::cli) struct Pairs<'a> {
    asked: &'a Asked,
    /// For each pair the item, and the position of the key among those of the item.
    pairs: Vec<(u32, u32)>,
    /// For each pair the number of the request, from 1, and that of its value; none if the signature exists.
    places: Vec<Option<(NonZero<u32>, u32)>>,
    /// The pairs that are asked for, in the order of the requests.
    by_request: Vec<u32>,
}

impl<'a> Pairs<'a> {
    pub(in crate::cli) fn new(asked: &'a Asked, run: &Run) -> Self {
        let mut pairs = Self::asked_for(asked);
        let mut places = run.places();
        let exists = |pair: &usize| asked.existing.contains_key(pair);
        let narrow = |(request, value)| Some((NonZero::new(request as u32 + 1)?, value as u32));
        let place = |pair| if exists(&pair) { None } else { places.next().and_then(narrow) };
        pairs.places = (0..pairs.len()).map(place).collect();
        let is_open = |&pair: &u32| pairs.places[pair as usize].is_some();
        pairs.by_request = (0..pairs.len() as u32).filter(is_open).collect();
        pairs.by_request.sort_by_key(|&pair| pairs.places[pair as usize]);
        pairs
    }

    /// The pairs before there is a run.
    pub(in crate::cli) fn asked_for(asked: &'a Asked) -> Self {
        let operation = &asked.operation;
        let of_item = |item| {
            let keys = 0..operation.keys_of(item).len() as u32;
            keys.map(move |key| (item as u32, key))
        };
        let mut pairs = Vec::with_capacity(operation.value_count());
        pairs.extend((0..operation.items().len()).flat_map(of_item));
        Self { asked, pairs, places: Vec::new(), by_request: Vec::new() }
    }

    pub(in crate::cli) fn len(&self) -> usize {
        self.pairs.len()
    }

    /// The pair with this number.
    pub(in crate::cli) fn get(&self, pair: usize) -> Pair<'a> {
        let operation = &self.asked.operation;
        let (index, key) = self.pairs[pair];
        let (index, key) = (index as usize, key as usize);
        let key = &operation.keys_of(index)[key];
        let item = match operation.items() {
            Items::Images(images) => Item::Image {
                reference: images[index].reference().as_str(),
                repository: images[index].reference().repository(),
                digest: images[index].digest().as_str(),
            },
            Items::Texts { .. } | Items::Blobs(_) => match &self.asked.files[index] {
                Some(name) => Item::File(name),
                None => Item::Text(&self.asked.texts[index]),
            },
        };
        let input = self.asked.inputs.get(index).and_then(Option::as_deref);
        Pair { index, item, key, input }
    }

    /// Whether an item is signed by more than one key.
    pub(in crate::cli) fn has_several_keys(&self, item: usize) -> bool {
        self.asked.operation.keys_of(item).len() > 1
    }

    /// The number of the request of a pair, and that of its value; `None` if the signature exists.
    pub(super) fn place(&self, pair: usize) -> Option<(usize, usize)> {
        self.places[pair].map(|(request, value)| (request.get() as usize - 1, value as usize))
    }

    /// The pairs whose signatures exist, each with its file, if that is still there.
    pub(in crate::cli) fn existing(&self) -> &'a BTreeMap<usize, Option<PathBuf>> {
        &self.asked.existing
    }

    /// The pairs that get a value of a request, and the number of that value.
    pub(super) fn of_request(&self, request: usize) -> impl Iterator<Item = (usize, usize)> {
        let place = |pair: u32| self.place(pair as usize);
        let start = self.by_request.partition_point(|&pair| place(pair) < Some((request, 0)));
        let pairs = self.by_request[start..].iter();
        let pairs = pairs.filter_map(move |&pair| Some((pair as usize, place(pair)?)));
        pairs
            .take_while(move |(_, place)| place.0 == request)
            .map(|(pair, (_, value))| (pair, value))
    }
}

impl Pair<'_> {
    /// The beginning of an object in JSON: item and key. The attributes have this order: scripts may cut the line.
    pub(in crate::cli) fn write_head(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(format!("{{\"index\": {}", self.index).as_bytes());
        let mut attribute = |name: &str, text: Option<&str>| {
            for part in [", \"", name, "\": "] {
                out.extend_from_slice(part.as_bytes());
            }
            match text {
                Some(text) => pyjson::write_text(out, text),
                None => out.extend_from_slice(b"null"),
            }
        };
        match self.item {
            Item::Image { reference, digest, .. } => {
                attribute("reference", Some(reference));
                attribute("digest", Some(digest));
            }
            Item::File(path) => attribute("file", Some(&path.to_string_lossy())),
            Item::Text(text) => attribute("text", Some(text)),
        }
        attribute("signing_key", Some(self.key.id()));
        attribute("signing_key_name", self.key.name());
    }
}

impl fmt::Display for Item<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Image { reference, digest, .. } => write!(f, "{reference} {digest}"),
            Self::File(path) => f.write_str(&path.to_string_lossy()),
            Self::Text(text) => f.write_str(text),
        }
    }
}
