//! What can be odd or wrong about a signed value.

use std::{fmt, str::FromStr};

use openssl::error::ErrorStack;

use super::{
    Recipe, SigningKey,
    packet::{self, Algorithm, Framing, literal, packet},
    recipe::{Armor, By, Form, Parts},
    secret::Hash,
    signature::{BINARY, EXPIRES, TEXT, UNKNOWN_BUT_CRITICAL},
};

const HOUR: u32 = 60 * 60;

/// What a value is made of.
pub(crate) struct Job<'a> {
    pub(crate) form: Form,
    /// The key that was asked for.
    pub(crate) key: &'a SigningKey,
    /// Another key of the signing server.
    pub(crate) other: &'a SigningKey,
    /// A key without a certificate.
    pub(crate) stranger: &'a SigningKey,
    /// What was asked for.
    pub(crate) content: &'a [u8],
    /// What was asked for by another request, or as another item.
    pub(crate) crossed: &'a [u8],
}

/// Something odd or wrong about a signed value.
#[derive(Clone, Copy)]
pub struct Twist {
    /// How rules name it.
    pub name: &'static str,
    /// What the help says of it.
    pub meaning: &'static str,
    /// Whether the value is a good signature of what was asked for, all the same.
    pub is_good: bool,
    /// The forms that it can be applied to.
    pub forms: &'static [Form],
    apply: Apply,
}

/// A change of how a value is made.
type Change = for<'a> fn(&mut Recipe<'a>, &Job<'a>);

#[derive(Clone, Copy)]
enum Apply {
    /// To how the value is made.
    Recipe(Change),
    /// To its bytes.
    Bytes(fn(Vec<u8>) -> Vec<u8>),
}

const ALL: &[Form] = &[Form::Message, Form::Cleartext, Form::Detached];
const PACKETS: &[Form] = &[Form::Message, Form::Detached];
const MESSAGE: &[Form] = &[Form::Message];

const fn good(
    name: &'static str,
    forms: &'static [Form],
    meaning: &'static str,
    apply: Change,
) -> Twist {
    Twist { name, meaning, is_good: true, forms, apply: Apply::Recipe(apply) }
}

const fn bad(
    name: &'static str,
    forms: &'static [Form],
    meaning: &'static str,
    apply: Change,
) -> Twist {
    Twist { name, meaning, is_good: false, forms, apply: Apply::Recipe(apply) }
}

const fn broken(name: &'static str, meaning: &'static str, apply: fn(Vec<u8>) -> Vec<u8>) -> Twist {
    Twist { name, meaning, is_good: false, forms: ALL, apply: Apply::Bytes(apply) }
}

static TWISTS: &[Twist] = &[
    good("plain", ALL, "as usual", |_, _| {}),
    good("armored", MESSAGE, "armored", |recipe, _| recipe.armor = Armor::Plain),
    good("binary", &[Form::Detached], "not armored", |recipe, _| recipe.armor = Armor::None),
    good("adorned", ALL, "armored with headers and comments", |recipe, _| {
        recipe.armor = Armor::Adorned;
    }),
    good(
        "several-first",
        ALL,
        "by a stranger too, and that signature comes last",
        |recipe, job| {
            recipe.by.insert(0, stranger(recipe, job));
        },
    ),
    good(
        "several-last",
        ALL,
        "by a stranger too, and that signature comes first",
        |recipe, job| {
            recipe.by.push(stranger(recipe, job));
        },
    ),
    good("sha512", ALL, "hashed with SHA-512", |recipe, _| hash(recipe, Hash::Sha512)),
    good("zip", PACKETS, "compressed", |recipe, _| recipe.compressions = vec![Algorithm::Zip]),
    good("zlib", PACKETS, "compressed, in the other format", |recipe, _| {
        recipe.compressions = vec![Algorithm::Zlib];
    }),
    good("old", MESSAGE, "with packet headers of PGP 2, and compressed", |recipe, _| {
        recipe.framing = Framing::Old;
        recipe.compressions = vec![Algorithm::Zip];
    }),
    good("partial", MESSAGE, "in partial lengths", |recipe, _| {
        recipe.framing = Framing::Partial;
        recipe.file_name = "f".repeat(255);
    }),
    good("signature-first", MESSAGE, "its signature comes before the content", |recipe, _| {
        recipe.one_pass = false;
    }),
    good("text", PACKETS, "signed as text", |recipe, _| {
        recipe.by[0].statement.kind = TEXT;
    }),
    good("message", &[Form::Detached], "a message that holds the file", |recipe, _| {
        (recipe.form, recipe.armor) = (Form::Message, Armor::None);
    }),
    good("respelled", MESSAGE, "the claim's JSON is spelled otherwise", |recipe, _| {
        let text = String::from_utf8_lossy(&recipe.signed);
        content(recipe, text.replace("critical", "cr\\u0069tical").replace(": ", " :\n"));
    }),
    good("optional", MESSAGE, "the claim's optional has something else", |recipe, _| {
        let text = String::from_utf8_lossy(&recipe.signed);
        content(recipe, text.replacen("\"optional\": {", "\"optional\": {\"a\": [1], ", 1));
    }),
    bad("wrong-key", ALL, "by a key without a certificate", |recipe, job| {
        recipe.by[0] = stranger(recipe, job);
    }),
    bad("other-key", ALL, "by the signing server's next key", |recipe, job| {
        recipe.by[0].key = job.other;
    }),
    bad("crossed", ALL, "of another request's content, or of another item's", |recipe, job| {
        (recipe.signed, recipe.shown) = (job.crossed.to_vec(), job.crossed.to_vec());
    }),
    bad("changed", ALL, "its content was changed after it was signed", |recipe, job| {
        if job.form == Form::Detached {
            recipe.signed.push(b'!');
        } else {
            recipe.shown = changed(job.content);
        }
    }),
    bad("unsigned", ALL, "it has no signature", |recipe, _| recipe.by.clear()),
    bad("sha1", ALL, "hashed with SHA-1", |recipe, _| hash(recipe, Hash::Sha1)),
    bad("md5", ALL, "hashed with MD5", |recipe, _| hash(recipe, Hash::Md5)),
    bad("future", ALL, "made in an hour", |recipe, _| recipe.by[0].statement.created += HOUR),
    bad("too-early", ALL, "made before its key", |recipe, job| {
        recipe.by[0].statement.created = job.key.signer().created() - HOUR;
    }),
    bad("earlier", ALL, "made an hour after its key", |recipe, job| {
        recipe.by[0].statement.created = job.key.signer().created() + HOUR;
    }),
    bad("expired-signature", ALL, "the signature has expired", |recipe, _| {
        let statement = &mut recipe.by[0].statement;
        statement.created -= 2;
        *statement = statement.clone().with(EXPIRES, &1_u32.to_be_bytes());
    }),
    bad("critical", ALL, "it has something critical that no verifier knows", |recipe, _| {
        let statement = &mut recipe.by[0].statement;
        *statement = statement.clone().with(UNKNOWN_BUT_CRITICAL, b"?");
    }),
    bad("certification", PACKETS, "a signature of a type for keys", |recipe, _| {
        recipe.by[0].statement.kind = 0x10;
    }),
    bad("appended", MESSAGE, "followed by content that is not signed", |recipe, job| {
        recipe.after = packet(Framing::Current, packet::LITERAL, &literal("", job.crossed));
    }),
    bad("prepended", MESSAGE, "preceded by content that is not signed", |recipe, job| {
        recipe.before = packet(Framing::Current, packet::LITERAL, &literal("", job.crossed));
    }),
    bad("text-before", ALL, "armored, after text that is not signed", |recipe, job| {
        if job.form == Form::Cleartext {
            recipe.before = b"Not signed.\n".to_vec();
        } else {
            recipe.armor = Armor::Framed;
        }
    }),
    bad("text-after", &[Form::Cleartext], "followed by text that is not signed", |recipe, _| {
        recipe.after = b"Not signed.\n".to_vec();
    }),
    bad("detached", &[Form::Message], "a detached signature, without content", |recipe, _| {
        (recipe.form, recipe.armor) = (Form::Detached, Armor::None);
    }),
    bad("message-instead", &[Form::Cleartext], "a message, no cleartext", |recipe, _| {
        recipe.form = Form::Message;
        recipe.by[0].statement.kind = BINARY;
    }),
    bad("critical-more", MESSAGE, "the claim's critical has one member more", |recipe, _| {
        let text = String::from_utf8_lossy(&recipe.signed);
        content(recipe, text.replacen("\"critical\": {", "\"critical\": {\"a\": 1, ", 1));
    }),
    bad("twice", MESSAGE, "the claim has critical twice, first another's", |recipe, job| {
        let other = String::from_utf8_lossy(job.crossed);
        let other = other.trim_start_matches('{').split(", \"optional\"").next().unwrap_or("");
        let own = String::from_utf8_lossy(&recipe.signed);
        content(recipe, format!("{{{other}, {}", own.trim_start_matches('{')));
    }),
    bad("deep", PACKETS, "compressed packets, a hundred within each other", |recipe, _| {
        recipe.compressions = vec![Algorithm::Zip; 100];
    }),
    bad("bomb", PACKETS, "a compressed packet of 4 MB", |recipe, _| {
        let zeros = literal("", &vec![0; 4 << 20]);
        recipe.after = packet(Framing::Current, packet::LITERAL, &zeros);
        recipe.compressions = vec![Algorithm::Zip; 2];
    }),
    broken("truncated", "its second half is missing", |mut bytes| {
        bytes.truncate(bytes.len() / 2);
        bytes
    }),
    broken("damaged", "a bit is wrong near its end", |mut bytes| {
        // In armor: a letter of the base64 above the checksum; the numbers of the signature otherwise.
        let place = bytes.len() - if bytes.ends_with(b"-----\n") { 60 } else { 20 };
        bytes[place] ^= 1;
        bytes
    }),
    broken("garbage", "it is not OpenPGP", |_| b"signed".to_vec()),
    broken("nothing", "it is empty", |_| Vec::new()),
];

impl Twist {
    /// All of them.
    pub fn all() -> &'static [Self] {
        TWISTS
    }

    /// The signatures of the value and what they should be of, if what is odd or wrong is in these.
    pub(crate) fn parts(&self, job: &Job) -> Result<Option<Parts>, ErrorStack> {
        let Apply::Recipe(apply) = self.apply else { return Ok(None) };
        let mut recipe = Recipe::new(job.form, job.key, job.content);
        apply(&mut recipe, job);
        if recipe.form != job.form {
            return Ok(None);
        }
        recipe.parts(job.content)
    }

    /// The bytes of the value.
    pub(crate) fn made(&self, job: &Job) -> Result<Vec<u8>, ErrorStack> {
        let mut recipe = Recipe::new(job.form, job.key, job.content);
        match self.apply {
            _ if !self.forms.contains(&job.form) => recipe.made(),
            Apply::Recipe(apply) => {
                apply(&mut recipe, job);
                recipe.made()
            }
            Apply::Bytes(apply) => Ok(apply(recipe.made()?)),
        }
    }
}

/// The first signature, by a key without a certificate.
fn stranger<'a>(recipe: &Recipe<'a>, job: &Job<'a>) -> By<'a> {
    By { key: job.stranger, ..recipe.by[0].clone() }
}

fn hash(recipe: &mut Recipe, hash: Hash) {
    recipe.by[0].statement.hash = hash;
}

fn content(recipe: &mut Recipe, text: String) {
    recipe.signed = text.into_bytes();
    recipe.shown.clone_from(&recipe.signed);
}

/// The same with another letter or digit at the end of its first half, of the same length.
fn changed(content: &[u8]) -> Vec<u8> {
    let mut changed = content.to_vec();
    let letters = (0..changed.len()).filter(|index| content[*index].is_ascii_alphanumeric());
    match letters.min_by_key(|index| index.abs_diff(content.len() / 2)) {
        Some(place) => changed[place] = if changed[place] == b'0' { b'1' } else { b'0' },
        None => changed.extend(b"0"),
    }
    changed
}

/// What another item may be, if there is none: the same with another letter or digit.
pub(crate) fn another(content: &[u8]) -> Vec<u8> {
    changed(content)
}

impl Default for Twist {
    fn default() -> Self {
        TWISTS[0]
    }
}

impl FromStr for Twist {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = TWISTS.iter().find(|twist| twist.name == text);
        found.copied().ok_or_else(|| "there is no such VALUE".to_owned())
    }
}

impl PartialEq for Twist {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Twist {}

impl fmt::Debug for Twist {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.name)
    }
}
