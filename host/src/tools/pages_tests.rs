use super::*;
use crate::model::audit_logs::AuditLog;
use crate::model::secrets::{Actor, Environment, Hidden, ResolvedPlace};

fn secret(path: &str, name: &str) -> Secret {
    Secret {
        id: format!("id-of-{name}"),
        name: name.to_owned(),
        path: path.to_owned(),
        environment: "dev".to_owned(),
        version: 1,
        value: Hidden,
        comment: None,
        metadata: Some(Hidden),
        tags: Vec::new(),
        created_at: None,
        updated_at: Some("2026-11-23T01:53:39.115Z".to_owned()),
        updated_by: Some(Actor { kind: None, name: Some("ci".to_owned()), id: None }),
    }
}

fn listing(secrets: Vec<Secret>) -> SecretListing {
    let (project, environment, path) = ("p".to_owned(), "dev".to_owned(), "/".to_owned());
    SecretListing { place: ResolvedPlace { project, environment, path }, secrets }
}

fn numbered(count: usize) -> SecretListing {
    listing((0..count).map(|at| secret("/", &format!("SECRET_NUMBER_{at:05}"))).collect())
}

fn wanted(limit: Option<u32>, cursor: Option<&str>) -> PageRequest {
    PageRequest::new("list-secrets", Query::new(["q"]), limit, cursor, false).unwrap()
}

fn names(page: &Page) -> Vec<String> {
    let secrets = page.structured["secrets"].as_array().unwrap();
    secrets.iter().map(|secret| secret["name"].as_str().unwrap().to_owned()).collect()
}

/// All pages in order.
fn pages(list: impl Fn() -> SecretListing, limit: Option<u32>) -> Vec<Page> {
    let mut pages = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let page = Page::cut(list(), &wanted(limit, cursor.as_deref())).unwrap();
        cursor = page.structured["nextCursor"].as_str().map(str::to_owned);
        pages.push(page);
        if cursor.is_none() {
            return pages;
        }
    }
}

#[test]
fn lists_pages_of_100_with_the_total_and_each_item_once() {
    for (limit, sizes) in [(None, vec![100, 100, 50]), (Some(200), vec![200, 50]), (Some(1), vec![1; 250])] {
        let pages = pages(|| numbered(250), limit);
        assert_eq!(pages.iter().map(|page| names(page).len()).collect::<Vec<_>>(), sizes);
        assert!(pages.iter().all(|page| page.structured["total"] == 250));
        let all: Vec<_> = pages.iter().flat_map(names).collect();
        assert_eq!(all, names(&Page { structured: whole(numbered(250), false).unwrap(), text: String::new() }));
    }
    let text = Page::cut(numbered(250), &wanted(None, None)).unwrap().text;
    assert!(text.contains("These are 1 to 100 of 250 secrets.") && text.contains("this `cursor`: "), "{text}");
}

#[test]
fn sorts_items_by_place_and_name() {
    let mixed = || listing(vec![secret("/b", "A"), secret("/a/x", "C"), secret("/a", "D"), secret("/a", "B")]);
    let page = Page::cut(mixed(), &wanted(None, None)).unwrap();
    assert_eq!(names(&page), ["B", "D", "C", "A"]);
}

#[test]
fn ids_and_nulls_are_left_out_unless_details_are_asked_for() {
    let compact = Page::cut(numbered(1), &wanted(None, None)).unwrap().structured;
    assert_eq!(
        compact["secrets"][0],
        json!({
            "name": "SECRET_NUMBER_00000", "path": "/", "environment": "dev", "version": 1, "value": "<hidden>",
            "metadata": "<hidden>", "tags": [], "updatedAt": "2026-11-23T01:53:39.115Z", "updatedBy": { "name": "ci" },
        })
    );
    let detailed = PageRequest { details: true, ..wanted(None, None) };
    let detailed = Page::cut(numbered(1), &detailed).unwrap().structured;
    assert_eq!(detailed["secrets"][0]["id"], "id-of-SECRET_NUMBER_00000");
    assert!(detailed["secrets"][0].as_object().unwrap().contains_key("comment"));
    let id = Page::cut(projects(1, 1), &wanted(None, None)).unwrap().structured["projects"][0]["id"].clone();
    assert_eq!(id, "id-0", "calls name projects by it");
}

fn projects(count: usize, environments: usize) -> ProjectListing {
    let environment = |at: usize| Environment { slug: format!("environment-{at}"), name: "Environment".to_owned() };
    let project = |at: usize| Project {
        id: format!("id-{at}"),
        slug: format!("slug-{at}"),
        name: format!("Project {at:05}"),
        environments: (0..environments).map(environment).collect(),
    };
    ProjectListing { projects: (0..count).map(project).collect() }
}

#[test]
fn a_page_has_fewer_items_where_they_are_long_and_loses_none() {
    for long in ["x".repeat(400), "\u{e0049}".repeat(300), "\"\\\u{1}".repeat(200)] {
        let named = |at: usize| Secret { tags: vec![long.clone(); 3], ..secret("/", &format!("{at:04}{long}")) };
        let pages = pages(|| listing((0..90).map(named).collect()), Some(200));
        assert!(pages.len() > 2 && pages.len() <= 30, "{}", pages.len());
        for page in &pages {
            assert!(size(&page.structured) <= MAX_ANSWER && text_size(&page.text) <= MAX_ANSWER);
        }
        assert_eq!(pages.iter().map(|page| names(page).len()).sum::<usize>(), 90);
    }
}

#[test]
fn cuts_a_single_oversized_item_and_continues_the_list() {
    let endless = || {
        let long = "\u{202e}".repeat(50_000);
        listing(vec![
            secret("/", "A"),
            Secret { tags: vec![long.clone(); 50], ..secret("/", &format!("B{long}")) },
            secret("/", "C"),
        ])
    };
    let pages = pages(endless, Some(1));
    assert_eq!(pages.len(), 3);
    assert!(pages.iter().all(|page| size(&page.structured) <= MAX_ANSWER && text_size(&page.text) <= MAX_ANSWER));
    assert!(names(&pages[1])[0].ends_with('…') && pages[1].structured["note"].is_string());
    assert_eq!(names(&pages[2]), ["C"]);
    let many = Page::cut(projects(2, 5_000), &wanted(None, None)).unwrap();
    assert!(size(&many.structured) <= MAX_ANSWER && many.structured["nextCursor"].is_string());
    let left_out = &many.structured["projects"][0]["leftOut"]["environments"];
    assert_eq!(
        many.structured["projects"][0]["environments"].as_array().unwrap().len() as u64 + left_out.as_u64().unwrap(),
        5_000
    );
}

#[test]
fn refuses_a_limit_out_of_range_with_a_remedy() {
    for limit in [0, 201, u32::MAX] {
        let error = PageRequest::new("list-secrets", Query::new(["q"]), Some(limit), None, false).unwrap_err();
        assert_eq!(error.layer(), Some(Layer::Input));
        assert!(error.reason().contains("1 to 200") && error.remedy().contains("nextCursor"), "{error}");
    }
}

#[test]
fn an_empty_list_says_that_more_may_be_there_than_may_be_seen() {
    let page = Page::cut(listing(Vec::new()), &wanted(None, None)).unwrap();
    assert_eq!(
        (&page.structured["total"], &page.structured["note"]),
        (&json!(0), &json!("No secrets that this identity may see."))
    );
    assert!(page.text.starts_with("No secrets that this identity may see"));
}

#[test]
fn a_page_behind_the_end_says_that_there_are_no_more() {
    let first = Page::cut(numbered(3), &wanted(Some(2), None)).unwrap();
    let cursor = first.structured["nextCursor"].as_str().unwrap().to_owned();
    let gone = Page::cut(numbered(2), &wanted(Some(2), Some(&cursor))).unwrap();
    assert_eq!((names(&gone).len(), &gone.structured["total"]), (0, &json!(2)));
    assert!(
        gone.structured.get("nextCursor").is_none() && gone.text.starts_with("No more secrets: there are 2"),
        "{}",
        gone.text
    );
}

fn logs(count: usize, about: &str) -> AuditLogPage {
    let log = |at: usize| AuditLog {
        id: format!("id-{at}"),
        time: "2026-11-23T01:53:39.115Z".to_owned(),
        event: "get-secret".to_owned(),
        actor: Actor { kind: Some("identity".to_owned()), name: None, id: Some(format!("actor-{at}")) },
        environment: None,
        path: Some("/".to_owned()),
        name: Some(format!("{at}{about}")),
        ip_address: None,
    };
    AuditLogPage { project: "p".to_owned(), logs: (0..count).map(log).collect(), next: Some(200), note: None }
}

#[test]
fn continues_an_oversized_audit_log_page_where_it_was_cut() {
    let long = "x".repeat(1_000);
    let page = audit_logs(logs(200, &long), 400, 200, false).unwrap();
    assert!(size(&page.structured) <= MAX_ANSWER && text_size(&page.text) <= MAX_ANSWER);
    let shown = page.structured["logs"].as_array().unwrap().len() as u64;
    assert!((10..200).contains(&shown));
    assert_eq!(
        (&page.structured["next"], &page.structured["leftOut"]),
        (&json!(400 + shown), &json!({ "logs": 200 - shown }))
    );
    assert!(page.structured["logs"][0].get("id").is_none() && page.structured["logs"][0].get("environment").is_none());
    assert_eq!(
        page.structured["logs"][0]["actor"],
        json!({ "kind": "identity", "id": "actor-0" }),
        "who it was is no detail"
    );
    // If some of the server's entries aren't shown, the next position is unknown.
    let filtered = audit_logs(logs(150, &long), 400, 200, false).unwrap();
    assert_eq!(filtered.structured["next"], 200, "as the component says");
    assert!(
        filtered.structured["note"].as_str().unwrap().contains("smaller `limit`")
            && filtered.text.contains("smaller `limit`")
    );
    let short = audit_logs(logs(5, ""), 0, 50, true).unwrap();
    assert!(short.structured["logs"][0]["id"].is_string() && short.structured.get("leftOut").is_none());
}
