//! Signed values of every kind, good and bad, for whatever judges them.

use openssl::error::ErrorStack;

use crate::openpgp::{Form, Job, KeyKind, Parts, SigningKey, Twist};

/// What is to be signed, in each form.
#[derive(Clone, Copy, Debug)]
pub struct Contents<'a> {
    /// A claim about an image.
    pub claim: &'a [u8],
    /// A claim about another one.
    pub crossed: &'a [u8],
    /// A text.
    pub text: &'a [u8],
    /// A file.
    pub file: &'a [u8],
}

/// A signed value.
#[derive(Clone, Debug)]
pub struct Value {
    /// The form that was asked for.
    pub form: Form,
    /// The kind of the key that was asked for.
    pub kind: KeyKind,
    /// What is odd or wrong about it.
    pub twist: Twist,
    /// Whether it is a good signature of what was asked for by the key that was asked for.
    pub is_good: bool,
    /// The value itself, before base64.
    pub bytes: Vec<u8>,
    /// Its signatures alone, as packets, and the bytes that they should be of: what a tool judges that knows only detached
    /// signatures. `None` if that would leave out what is odd or wrong.
    pub parts: Option<Parts>,
}

impl Value {
    /// A name that no other value has.
    pub fn name(&self) -> String {
        format!("{:?}-{}-{}", self.form, self.kind, self.twist.name).to_lowercase()
    }
}

/// The keys, one of each kind.
#[derive(Debug)]
pub struct Forge {
    keys: Vec<(KeyKind, SigningKey)>,
    stranger: SigningKey,
}

const FORMS: [Form; 3] = [Form::Message, Form::Cleartext, Form::Detached];

impl Forge {
    /// Makes the keys.
    ///
    /// # Errors
    ///
    /// If OpenSSL cannot make them.
    pub fn new() -> Result<Self, ErrorStack> {
        let key = |kind: KeyKind| {
            Ok((kind, SigningKey::generate(kind, &format!("{kind} <{kind}@localhost>"))?))
        };
        Ok(Self {
            keys: KeyKind::all().map(key).collect::<Result<_, _>>()?,
            stranger: SigningKey::generate(KeyKind::Ed25519, "stranger")?,
        })
    }

    /// The fingerprint of a key.
    pub fn fingerprint(&self, kind: KeyKind) -> String {
        self.key(kind).fingerprint()
    }

    /// The fingerprint of the key or subkey that signs.
    pub fn signing_fingerprint(&self, kind: KeyKind) -> String {
        self.key(kind).signing_fingerprint()
    }

    /// The certificate of a key, armored.
    pub fn armored(&self, kind: KeyKind) -> String {
        self.key(kind).public_armoured()
    }

    /// The certificate of a key, binary.
    pub fn certificate(&self, kind: KeyKind) -> &[u8] {
        self.key(kind).certificate()
    }

    /// Every kind of key with a usual value, and every odd or wrong value with a usual key.
    ///
    /// # Errors
    ///
    /// If OpenSSL cannot sign.
    pub fn values(&self, contents: &Contents) -> Result<Vec<Value>, ErrorStack> {
        let usual = Twist::default();
        let kinds = KeyKind::all().flat_map(|kind| {
            let twists = Twist::all().iter().filter(move |twist| match kind {
                KeyKind::Ed25519 => twist.name != "earlier",
                _ if kind.is_old() => [usual.name, "earlier"].contains(&twist.name),
                _ => **twist == usual,
            });
            twists.map(move |twist| (kind, *twist))
        });
        let all = kinds.flat_map(|(kind, twist)| {
            let forms = FORMS.into_iter().filter(move |form| twist.forms.contains(form));
            forms.map(move |form| (form, kind, twist))
        });
        all.map(|(form, kind, twist)| self.value(form, kind, twist, contents)).collect()
    }

    /// One value.
    ///
    /// # Errors
    ///
    /// If OpenSSL cannot sign.
    pub fn value(
        &self,
        form: Form,
        kind: KeyKind,
        twist: Twist,
        contents: &Contents,
    ) -> Result<Value, ErrorStack> {
        let content = match form {
            Form::Message => contents.claim,
            Form::Cleartext => contents.text,
            Form::Detached => contents.file,
        };
        let other = if kind == KeyKind::P256 { KeyKind::Ed25519 } else { KeyKind::P256 };
        let job = Job {
            form,
            key: self.key(kind),
            other: self.key(other),
            stranger: &self.stranger,
            content,
            crossed: contents.crossed,
        };
        let is_good = kind.is_good(twist.name == "earlier") && (twist.is_good || kind.is_old());
        Ok(Value {
            form,
            kind,
            twist,
            is_good,
            bytes: twist.made(&job)?,
            parts: twist.parts(&job)?,
        })
    }

    fn key(&self, kind: KeyKind) -> &SigningKey {
        let found = self.keys.iter().find(|(known, _)| *known == kind);
        &found.expect("there is a key of each kind").1
    }
}
