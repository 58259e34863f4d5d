//! The demo school: two trainers, a dozen courses, learners mid-way. Loaded through the use cases, so that it obeys every
//! rule, and once: a second load finds it and changes nothing.

mod cast;
mod chat;
mod community;
mod notices;
mod shop;

use std::collections::{BTreeMap, HashMap};

use chrono::Duration;
use courses::{Body, ContentFormat, Level, NewCategory, NewChapter, NewCourse, NewLesson};
use database::{Db, Pool, Tx};
use enrollment::NewManualGrant;
use identity::{AccountChange, Hasher, Registration, Share, UserFilter};
use kernel::{Actor, CategoryId, Error, Limit, Money, Result, Role, SessionId, Uuid};
use progress::{Claim, HeartbeatService, MAX_VIDEO_SECONDS, Rules, Subject};
use serde::Deserialize;

use self::{
    cast::{Cast, Placed, unknown},
    community::{Conversation, DemoPost},
    shop::DemoCoupon,
};
use crate::startup::print_status;

/// The password of every demo account.
pub const PASSWORD: &str = "palestra-demo-2026";
const ADMIN: &str = "admin@palestra.example";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct School {
    people: Vec<Person>,
    categories: Vec<DemoCategory>,
    courses: Vec<DemoCourse>,
    coupons: Vec<DemoCoupon>,
    learners: Vec<Learner>,
    posts: Vec<DemoPost>,
    conversations: Vec<Conversation>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Person {
    email: String,
    username: String,
    name: String,
    role: String,
    bio: String,
    avatar_url: Option<String>,
}

#[derive(Deserialize)]
struct DemoCategory {
    name: String,
}

#[derive(Deserialize)]
struct Price {
    amount: i64,
    currency: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DemoCourse {
    author: String,
    title: String,
    description: String,
    content: String,
    image_url: String,
    duration: i64,
    difficulty: Level,
    price: Option<Price>,
    discount_price: Option<Price>,
    categories: Vec<String>,
    chapters: Vec<DemoChapter>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DemoChapter {
    title: String,
    description: Option<String>,
    is_free: bool,
    lessons: Vec<DemoLesson>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DemoLesson {
    title: String,
    description: Option<String>,
    duration: i64,
    content: String,
    video_url: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Learner {
    username: String,
    enrolled_in: Vec<String>,
    granted: Vec<Granted>,
    bought: Vec<Bought>,
    completed: Vec<Completed>,
    watched: Vec<Watched>,
}

/// What a learner has watched of a video, in seconds.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Watched {
    course: String,
    lesson: String,
    ranges: Vec<(f64, f64)>,
    position: f64,
}

/// What a trainer gave by hand.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Granted {
    course: String,
    /// 0 has run out by the time anybody looks.
    days: i64,
    reason: String,
}

/// What was bought in the sandbox.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Bought {
    course: String,
    coupon: Option<String>,
}

#[derive(Deserialize)]
struct Completed {
    course: String,
    lessons: Vec<String>,
}

/// The accounts of the demo school, with their roles.
///
/// # Errors
/// [`kernel::Code::Internal`] where the file of the school cannot be read, which would be a bug.
pub fn accounts() -> Result<Vec<(String, String)>> {
    Ok(school()?.people.into_iter().map(|person| (person.email, person.role)).collect())
}

/// Loads the demo school; answers whether it had to.
///
/// # Errors
/// What the use cases answer.
pub async fn load(db: &Db, hasher: &Hasher) -> Result<bool> {
    let filter = UserFilter { email: Some(ADMIN.to_owned()), ..UserFilter::default() };
    let find = move |tx| async move { identity::list_users(&tx, filter, None, Limit::new(1)).await };
    if !db.read(Actor::System, find).await?.data.is_empty() {
        return Ok(false);
    }
    // The same ids everywhere: the document has examples that name them. A load that goes on after another takes what it gets.
    let anybody =
        move |tx| async move { identity::list_users(&tx, UserFilter::default(), None, Limit::new(1)).await };
    db.environment().number_ids(db.read(Actor::System, anybody).await?.data.is_empty());
    let loaded = load_school(db, hasher).await;
    db.environment().number_ids(false);
    loaded.map(|()| true)
}

async fn load_school(db: &Db, hasher: &Hasher) -> Result<()> {
    let school = school()?;
    print_status("Loading the demo school");
    let hash =
        identity::hash_new_password(db, hasher, PASSWORD.to_owned(), "", &[], Share::default()).await?;
    // The admin comes last, so that a load that was interrupted is seen as unfinished.
    let (admins, others): (Vec<_>, Vec<_>) =
        school.people.into_iter().partition(|person| person.role == "ADMIN");
    let mut people = HashMap::new();
    for person in others {
        people.insert(person.username.clone(), add_person(db, person, &hash).await?);
    }
    let mut categories = HashMap::new();
    for DemoCategory { name } in school.categories {
        let new = NewCategory { name: name.clone(), image_url: None, image_id: None };
        let category =
            db.run(Actor::System, |tx| async move { courses::create_category(&tx, new).await }).await?;
        categories.insert(name, category.id);
    }
    let mut placed = HashMap::new();
    let total = school.courses.len();
    for (index, course) in school.courses.into_iter().enumerate() {
        print_status(&format!("  {:2} of {total}: {}", index + 1, course.title));
        let author = *people.get(&course.author).ok_or_else(|| unknown(&course.author))?;
        let title = course.title.clone();
        placed.insert(title, add_course(db, author, course, &categories).await?);
    }
    for coupon in school.coupons {
        let owner = *people.get(&coupon.owner).ok_or_else(|| unknown(&coupon.owner))?;
        shop::add_coupon(db, owner, coupon).await?;
    }
    for learner in school.learners {
        let actor = *people.get(&learner.username).ok_or_else(|| unknown(&learner.username))?;
        add_learning(db, actor, &learner, &placed).await?;
    }
    let cast = Cast { people: &people, placed: &placed };
    community::add_posts(db, cast, school.posts).await?;
    community::add_conversations(db, cast, school.conversations).await?;
    chat::load(db, cast).await?;
    notices::load(db, cast).await?;
    for person in admins {
        add_person(db, person, &hash).await?;
    }
    Ok(())
}

fn school() -> Result<School> {
    serde_json::from_str(include_str!("school.json")).map_err(Error::internal)
}

/// An interrupted load has left its people: they are found again.
async fn add_person(db: &Db, person: Person, hash: &str) -> Result<Actor> {
    let Person { email, username, name, role, bio, avatar_url } = person;
    let role: Role = role.parse().map_err(|_| unknown(&role))?;
    let registration = Registration {
        email: email.clone(),
        password_hash: hash.to_owned(),
        username: Some(username),
        name: Some(name),
    };
    let made = db
        .run_in(Pool::Auth, Actor::System, move |tx| async move {
            identity::create_account(&tx, registration, role).await
        })
        .await;
    let id = match made {
        Ok(account) => account.id,
        Err(error) if matches!(error.code(), kernel::Code::EmailTaken | kernel::Code::UsernameTaken) => {
            let filter = UserFilter { email: Some(email.clone()), ..UserFilter::default() };
            let find = move |tx| async move { identity::list_users(&tx, filter, None, Limit::new(1)).await };
            db.read(Actor::System, find).await?.data.first().map(|account| account.id).ok_or(error)?
        }
        Err(error) => return Err(error),
    };
    let actor = Actor::User { id, role, session: SessionId(Uuid::nil()) };
    let change =
        AccountChange { bio: Some(Some(bio)), avatar_url: Some(avatar_url), ..AccountChange::default() };
    db.run(actor, move |tx| async move { identity::change_account(&tx, |_| true, change).await }).await?;
    Ok(actor)
}

async fn add_course(
    db: &Db,
    author: Actor,
    course: DemoCourse,
    categories: &HashMap<String, CategoryId>,
) -> Result<Placed> {
    let money = |price: Option<Price>| -> Result<Option<Money>> {
        let Some(Price { amount, currency }) = price else {
            return Ok(None);
        };
        Ok(Some(Money { amount, currency: currency.parse().map_err(|()| unknown(&currency))? }))
    };
    let category = |name: &String| categories.get(name).copied().ok_or_else(|| unknown(name));
    let new = NewCourse {
        title: course.title,
        description: course.description,
        content: Some(course.content),
        content_format: ContentFormat::Html,
        image_url: Some(course.image_url),
        image_id: None,
        preview_video_url: None,
        preview_video_asset_id: None,
        duration: Some(course.duration),
        difficulty: course.difficulty,
        price: money(course.price)?,
        discount_price: money(course.discount_price)?,
        category_ids: course.categories.iter().map(category).collect::<Result<_>>()?,
    };
    let chapters = course.chapters;
    // One transaction a course: it is there as a whole or not at all.
    db.run(author, move |tx| async move {
        let made = courses::create_course(&tx, new).await?.value;
        let mut lessons = HashMap::new();
        for DemoChapter { title, description, is_free, lessons: inside } in chapters {
            let new = NewChapter { title, description, duration: None, is_free, body: Body::default() };
            let (chapter, _) = courses::create_chapter(&tx, made.id, new).await?.value;
            for DemoLesson { title, description, duration, content, video_url } in inside {
                let body = Body { content: Some(content), video_url, ..Body::default() };
                let new = NewLesson { title: title.clone(), description, duration: Some(duration), body };
                let (lesson, _) = courses::create_lesson(&tx, chapter.id, new).await?.value;
                courses::publish_lesson(&tx, lesson.id).await?;
                lessons.insert(title, lesson.id);
            }
            courses::publish_chapter(&tx, chapter.id).await?;
        }
        courses::publish_course(&tx, made.id).await?;
        Ok(Placed { id: made.id, author, lessons })
    })
    .await
}

async fn add_learning(
    db: &Db,
    actor: Actor,
    learner: &Learner,
    placed: &HashMap<String, Placed>,
) -> Result<()> {
    let course = |title: &String| placed.get(title).ok_or_else(|| unknown(title));
    for title in &learner.enrolled_in {
        let id = course(title)?.id;
        db.run(actor, move |tx| async move { enrollment::enroll(&tx, id).await }).await?;
    }
    for given in &learner.granted {
        add_grant(db, actor, given, course(&given.course)?).await?;
    }
    for bought in &learner.bought {
        shop::buy(db, actor, course(&bought.course)?.id, bought.coupon.clone()).await?;
    }
    let done: BTreeMap<&String, &Vec<String>> =
        learner.completed.iter().map(|done| (&done.course, &done.lessons)).collect();
    for (title, lessons) in done {
        let course = course(title)?;
        for lesson in lessons {
            let id = *course.lessons.get(lesson).ok_or_else(|| unknown(lesson))?;
            let work = move |tx| async move { progress::complete(&tx, Subject::Lesson(id), &RULES).await };
            db.run(actor, work).await?;
        }
    }
    watch(db, actor, learner, placed).await
}

/// Without the clock that bounds everybody else.
const RULES: Rules = Rules { rate_percent: 100, slack_seconds: MAX_VIDEO_SECONDS, completion_percent: 90 };

/// What was watched before the school was opened.
async fn watch(db: &Db, actor: Actor, learner: &Learner, placed: &HashMap<String, Placed>) -> Result<()> {
    let heartbeats = HeartbeatService::start(db, RULES, 8);
    for watched in &learner.watched {
        let course = placed.get(&watched.course).ok_or_else(|| unknown(&watched.course))?;
        let lesson = course.lessons.get(&watched.lesson);
        let lesson = Subject::Lesson(*lesson.ok_or_else(|| unknown(&watched.lesson))?);
        let claim =
            Claim { ranges: watched.ranges.clone(), position: Some(watched.position), ..Claim::default() };
        heartbeats.record(actor, lesson, claim).await?;
    }
    Ok(())
}

async fn add_grant(db: &Db, learner: Actor, given: &Granted, course: &Placed) -> Result<()> {
    let course_id = course.id;
    let user_id = learner.user_id().ok_or(kernel::Code::Unauthenticated)?;
    let (days, reason) = (Duration::days(given.days), given.reason.clone());
    let work = move |tx: Tx| async move {
        let new = NewManualGrant {
            user_id,
            starts_at: None,
            ends_at: Some(tx.now() + days + Duration::milliseconds(1)),
            reason: Some(reason),
        };
        enrollment::grant_access(&tx, course_id, new).await.map(drop)
    };
    db.run(course.author, work).await
}
