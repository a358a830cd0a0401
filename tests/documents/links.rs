//! Links in Markdown files: the file or folder exists, and so does the heading.

use std::{collections::HashSet, fs, path::Path};

use crate::{ROOT, files};

/// The lines outside of code blocks.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut in_code = false;
    text.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        in_code ^= fence;
        !in_code && !fence
    })
}

/// The anchors that GitHub gives to the headings: lower case, without punctuation, blanks as hyphens; numbered if repeated.
fn anchors(text: &str) -> HashSet<String> {
    let mut anchors = HashSet::new();
    for heading in prose(text).filter_map(|line| line.strip_prefix('#')) {
        let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
        let heading: String = heading.trim_start_matches('#').trim().chars().filter(kept).collect();
        let anchor = heading.to_lowercase().replace(' ', "-");
        let numbered = (1..).map(|number| format!("{anchor}-{number}"));
        let free = std::iter::once(anchor.clone()).chain(numbered);
        let free = free.into_iter().find(|anchor| !anchors.contains(anchor)).unwrap();
        anchors.insert(free);
    }
    anchors
}

/// The targets of `[text](target)` and `![text](target)`, and of `src` and `href` in HTML.
fn targets(text: &str) -> Vec<String> {
    let mut targets = Vec::new();
    for line in prose(text) {
        // What is between backquotes is code.
        let outside: String = line.split('`').step_by(2).collect::<Vec<_>>().join("`");
        for (before, after) in [("](", ')'), ("src=\"", '"'), ("href=\"", '"')] {
            let found = outside.split(before).skip(1).filter_map(|rest| rest.split_once(after));
            targets.extend(found.map(|(target, _)| target.to_owned()));
        }
    }
    targets
}

/// The problem of a link in a file; `None` if it leads somewhere, or out of the repository.
fn problem(file: &Path, target: &str) -> Option<String> {
    if target.starts_with("https://") {
        return None;
    }
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let goal = if path.is_empty() { file.to_owned() } else { file.parent().unwrap().join(path) };
    if !goal.exists() {
        return Some(format!("{}: {target}: no such file", file.display()));
    }
    if !goal.canonicalize().unwrap().starts_with(ROOT) {
        return Some(format!("{}: {target}: outside of the repository", file.display()));
    }
    let missing = !anchor.is_empty()
        && !fs::read_to_string(&goal).is_ok_and(|text| anchors(&text).contains(anchor));
    missing.then(|| format!("{}: {target}: no such heading", file.display()))
}

#[test]
fn every_link_leads_somewhere() {
    let mut links = 0;
    let mut problems = Vec::new();
    for file in files("", "md") {
        for target in targets(&fs::read_to_string(&file).unwrap()) {
            links += 1;
            problems.extend(problem(&file, &target));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(links > 40, "{links} links");
}

/// A page that nothing leads to is not read.
#[test]
fn every_document_can_be_reached_from_the_front_page() {
    let start = Path::new(ROOT).join("README.md");
    let mut reached = HashSet::from([start.clone()]);
    let mut open = vec![start];
    while let Some(file) = open.pop() {
        for target in targets(&fs::read_to_string(&file).unwrap()) {
            let path = target.split('#').next().unwrap();
            let goal = file.parent().unwrap().join(path).canonicalize();
            if let Ok(goal) = goal
                && goal.extension().is_some_and(|extension| extension == "md")
                && reached.insert(goal.clone())
            {
                open.push(goal);
            }
        }
    }
    let lost: Vec<_> =
        files("docs", "md").into_iter().filter(|file| !reached.contains(file)).collect();
    assert!(lost.is_empty(), "{lost:?}");
}

#[test]
fn defects_are_found() {
    let page = Path::new(ROOT).join("README.md");
    for target in [
        "docs/missing.md",
        "missing#top",
        "#no-such-heading",
        "docs/guide.md#no-such",
        "/etc/passwd",
        "../",
    ] {
        assert!(problem(&page, target).is_some(), "{target}");
    }
    let text = "# A *b*\n```\n# c [d](e)\n```\n## A b\n[f](g.md#h) `[i](j)` ![k](l)\n";
    assert_eq!(anchors(text), HashSet::from(["a-b".to_owned(), "a-b-1".to_owned()]));
    assert_eq!(targets(text), ["g.md#h", "l"]);
}
