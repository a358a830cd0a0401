//! The claim that a container signature signs: a reference names a digest.

use openssl::base64;

use super::{base64::one_line, operation::Image, pieces, pyjson, pyread};

/// The statement of a claim: this reference names this manifest.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Identity {
    /// The digest of the image's manifest, such as `sha256:…`.
    pub(crate) digest: String,
    /// The reference, such as `registry/ns/repo:tag`.
    pub(crate) reference: String,
}

/// A claim's text as it is sent: the JSON of containers-signature(5), in base64.
pub(crate) fn claim_file(image: &Image) -> String {
    pieces::encoded(&claim(image))
}

/// Whether a text is that of the claim of an image, as it is sent: that is known in a third of the time that it takes to read
/// what it states.
pub(super) fn is_of(claim_file: &str, image: &Image) -> bool {
    // A claim is longer than what it names: for a short text none is made.
    claim_file.len() > named(image) && claim_file == self::claim_file(image)
}

/// The length of what the claim of an image names.
fn named(image: &Image) -> usize {
    image.digest().as_str().len() + image.reference().as_str().len()
}

/// Appends a claim's text as it is sent.
pub(super) fn write_claim_file(out: &mut Vec<u8>, image: &Image) {
    pieces::write(out, &claim(image));
}

/// At least as many bytes as a claim's text has.
pub(super) fn size(image: &Image) -> usize {
    let texts = [image.digest().as_str(), image.reference().as_str()];
    let is_plain = texts.iter().all(|text| pyjson::plain(text.as_bytes()) == text.len());
    // A character that is escaped becomes up to three times as long.
    let factor = if is_plain { 1 } else { 3 };
    4 * (factor * named(image) + 180) / 3
}

/// What a claim states, as JSON.
fn claim(image: &Image) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    out.extend_from_slice(b"{\"critical\": {\"type\": \"atomic container signature\"");
    out.extend_from_slice(b", \"image\": {\"docker-manifest-digest\": ");
    pyjson::write_text(&mut out, image.digest().as_str());
    out.extend_from_slice(b"}, \"identity\": {\"docker-reference\": ");
    pyjson::write_text(&mut out, image.reference().as_str());
    out.extend_from_slice(b"}}, \"optional\": {\"creator\": \"pubtools-sign\"}}");
    out
}

/// Reads a claim's text; `None` if it is not a claim.
pub(crate) fn identity(claim_file: &str) -> Option<Identity> {
    stated(&base64::decode_block(&one_line(claim_file).ok()?).ok()?)
}

/// Reads what a claim states; `None` if it is not a claim.
pub(crate) fn stated(claim: &[u8]) -> Option<Identity> {
    let json = pyread::read(claim.into()).ok()?;
    let critical = json.value().get("critical")?;
    let text = |of: &str, name: &str| Some(critical.get(of)?.get(name)?.text()?.into_owned());
    Some(Identity {
        digest: text("image", "docker-manifest-digest")?,
        reference: text("identity", "docker-reference")?,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_claim_states_the_image_that_it_was_made_of() {
        let (digest, reference) = ("sha256:abc", "registry/ns/répo\"😀:tag");
        let expected = Identity { digest: digest.to_owned(), reference: reference.to_owned() };
        let image = Image::lenient(digest, reference).unwrap();
        assert_eq!(identity(&claim_file(&image)), Some(expected.clone()));
        // The same claim in another spelling.
        let (image, name) =
            (json!({"docker-manifest-digest": digest}), json!({"docker-reference": reference}));
        let other = json!({"critical": {"identity": name, "image": image}});
        assert_eq!(identity(&base64::encode_block(other.to_string().as_bytes())), Some(expected));
        for text in ["", "not base64!", "e30=", "====", "W10=", "bm90IGpzb24="] {
            assert_eq!(identity(text), None, "{text}");
        }
    }
}
