//! Other people's tools that judge a signed value.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use amqp_sandbox::{Form, KeyKind, values::Forge, values::Value};
use tempfile::TempDir;

/// Folders with the certificates as each tool has them.
pub struct Judges {
    folder: TempDir,
}

/// What is judged, beside the value.
pub struct Asked<'a> {
    /// What the value should be of.
    pub content: &'a [u8],
    /// The fingerprint of the key.
    pub fingerprint: &'a str,
    /// Whether another content is as good: the same claim in another spelling.
    pub equal: fn(&[u8], &[u8]) -> bool,
}

impl Judges {
    /// Gives all certificates to GnuPG, which skopeo uses too, and each in a file to sqv.
    pub fn trusting(forge: &Forge) -> Self {
        let judges = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir(judges.home()).unwrap();
        fs::set_permissions(judges.home(), fs::Permissions::from_mode(0o700)).unwrap();
        let all: String = KeyKind::all().map(|kind| forge.armored(kind)).collect();
        for kind in KeyKind::all() {
            fs::write(judges.keyring(kind), forge.certificate(kind)).unwrap();
        }
        let mut gpg = judges.gpg_command();
        let output = gpg.arg("--import").arg(judges.file("all.asc", all.as_bytes())).output();
        let output = output.expect("gpg can be run");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        judges
    }

    fn home(&self) -> PathBuf {
        self.folder.path().join("gnupg")
    }

    fn keyring(&self, kind: KeyKind) -> PathBuf {
        self.folder.path().join(format!("{kind}.pgp"))
    }

    fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }

    fn gpg_command(&self) -> Command {
        let mut gpg = Command::new("gpg");
        gpg.args(["--batch", "--no-autostart", "--lock-never", "--trust-model", "always"]);
        gpg.env("GNUPGHOME", self.home());
        gpg
    }

    /// GnuPG: whether there is a good signature by the key, and what it shows as signed is what was asked for.
    pub fn gpg(&self, value: &Value, asked: &Asked) -> (bool, String) {
        let path = self.file(&format!("{}.gpg", value.name()), &value.bytes);
        let content = self.file(&format!("{}.content", value.name()), asked.content);
        let shown = self.folder.path().join(format!("{}.shown", value.name()));
        let mut gpg = self.gpg_command();
        gpg.args(["--status-fd", "1", "--yes", "--output"]).arg(&shown).arg("--decrypt").arg(&path);
        let (good, said) = verdict(&gpg.output().unwrap(), asked.fingerprint);
        let shows = fs::read(shown).is_ok_and(|shown| (asked.equal)(&shown, asked.content));
        if value.form != Form::Detached || (good && shows) {
            return (good && shows, format!("shows it: {shows}; {said}"));
        }
        let mut gpg = self.gpg_command();
        gpg.args(["--status-fd", "1", "--verify"]).args([path, content]);
        verdict(&gpg.output().unwrap(), asked.fingerprint)
    }

    /// sqv, which knows detached signatures only; `None` if it cannot judge the value.
    pub fn sqv(&self, value: &Value) -> Option<(bool, String)> {
        let (signatures, signed) = value.parts.as_ref()?;
        let signatures = self.file(&format!("{}.sig", value.name()), signatures);
        let signed = self.file(&format!("{}.signed", value.name()), signed);
        let mut sqv = Command::new("sqv");
        sqv.arg("--verbose").arg("--keyring").arg(self.keyring(value.kind));
        let output = sqv.args([signatures, signed]).output();
        let output = output.expect("sqv can be run: .ci/install-deps test");
        Some((output.status.success(), text(&output)))
    }

    /// skopeo, which knows container signatures only.
    pub fn skopeo(
        &self,
        value: &Value,
        manifest: &str,
        reference: &str,
        fingerprint: &str,
    ) -> Option<(bool, String)> {
        if value.form != Form::Message {
            return None;
        }
        let path = self.file(&format!("{}.skopeo", value.name()), &value.bytes);
        let manifest = self.file(&format!("{}.manifest", value.name()), manifest.as_bytes());
        let mut skopeo = Command::new("skopeo");
        skopeo.arg("standalone-verify").arg(manifest).args([reference, fingerprint]).arg(path);
        let output = skopeo.env("GNUPGHOME", self.home()).output();
        let output = output.expect("skopeo can be run: .ci/install-deps test");
        Some((output.status.success(), text(&output)))
    }

    /// Where the values are.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// A good signature by the key, and nothing that gpg could not read.
fn verdict(output: &Output, fingerprint: &str) -> (bool, String) {
    let said = text(output);
    let lines = said.lines().filter_map(|line| line.strip_prefix("[GNUPG:] "));
    let mut good = false;
    let (mut is_good, mut broken) = (false, false);
    for line in lines {
        match line.split(' ').next().unwrap_or_default() {
            "NEWSIG" => is_good = false,
            "GOODSIG" => is_good = true,
            "VALIDSIG" if line.ends_with(fingerprint) => good |= is_good,
            "NODATA" | "UNEXPECTED" | "BADARMOR" | "ERROR" | "BADSIG" => broken = true,
            _ => {}
        }
    }
    (good && !broken, said)
}

fn text(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}
