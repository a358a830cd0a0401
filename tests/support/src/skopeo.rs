//! `skopeo standalone-verify`, which reads signatures as podman and CRI-O do.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use amqp_sandbox::Sandbox;
use openssl::hash::{MessageDigest, hash};
use tempfile::TempDir;

/// The manifest of an image that has only a number: every number has another digest.
pub fn manifest(number: usize) -> String {
    format!(
        r#"{{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": {{}}, "layers": [], "annotations": {{"number": "{number}"}}}}"#
    )
}

/// The digest of a manifest, `sha256:…`.
pub fn digest(manifest: &str) -> String {
    let bytes = hash(MessageDigest::sha256(), manifest.as_bytes()).unwrap();
    format!("sha256:{}", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

/// skopeo with a GnuPG that has only the sandbox's public keys.
pub struct Skopeo {
    folder: TempDir,
}

impl Skopeo {
    /// Gives GnuPG the keys.
    pub fn trusting(sandbox: &Sandbox) -> Self {
        let skopeo = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir(skopeo.home()).unwrap();
        fs::set_permissions(skopeo.home(), fs::Permissions::from_mode(0o700)).unwrap();
        let mut gpg = Command::new("gpg");
        gpg.args(["--batch", "--no-autostart", "--import"]).arg(sandbox.public_key_file());
        let output = gpg.env("GNUPGHOME", skopeo.home()).output().expect("gpg can be run");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        skopeo
    }

    /// Whether this is the signature of that key (by its fingerprint) for the manifest and the reference; skopeo's words
    /// if it is not.
    pub fn verify(
        &self,
        manifest: &str,
        reference: &str,
        fingerprint: &str,
        signature: &Path,
    ) -> Result<(), String> {
        let file = tempfile::NamedTempFile::new_in(self.folder.path()).unwrap();
        fs::write(file.path(), manifest).unwrap();
        let mut skopeo = Command::new("skopeo");
        skopeo.arg("standalone-verify").arg(file.path()).args([reference, fingerprint]);
        skopeo.arg(signature).env("GNUPGHOME", self.home());
        let output = skopeo.output().expect("skopeo can be run: .ci/install-deps test");
        if output.status.success() {
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(said.contains(&digest(manifest)), "{said}");
            return Ok(());
        }
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// Writes a signature to a file for [`Self::verify`].
    pub fn file(&self, signature: &[u8]) -> PathBuf {
        let path = self.folder.path().join("signature");
        fs::write(&path, signature).unwrap();
        path
    }

    fn home(&self) -> PathBuf {
        self.folder.path().join("gnupg")
    }
}
