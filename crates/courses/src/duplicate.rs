use database::Tx;
use kernel::{Result, Uuid};

use crate::{Course, NewChapter, NewCourse, NewLesson, chapter, course, lesson, tree};

/// Makes a draft of the caller's with everything that another course of theirs teaches; nothing in it is published, and its
/// editors, attachments and learners stay with the first.
///
/// # Errors
/// [`kernel::Code::NotFound`], [`kernel::Code::Forbidden`].
pub async fn duplicate_course(tx: &Tx, id: Uuid) -> Result<Course> {
    course::managed(tx, id).await?;
    let tree = tree::course_tree(tx, id).await?;
    let copy = course::insert(tx, draft(tree.course)).await?;
    for original in tree.chapters {
        let new = NewChapter {
            title: original.chapter.title,
            description: original.chapter.description,
            duration: original.chapter.duration,
            is_free: original.chapter.is_free,
            body: original.body,
        };
        let (copied, _) = chapter::insert(tx, copy, new).await?;
        for (original, body) in original.lessons {
            let new = NewLesson {
                title: original.title,
                description: original.description,
                duration: original.duration,
                body,
            };
            lesson::insert(tx, &copied, new).await?;
        }
    }
    course::by_id(tx, copy).await
}

fn draft(original: Course) -> NewCourse {
    NewCourse {
        title: original.title,
        description: original.description,
        content: original.content,
        image_url: original.image_url,
        image_id: original.image_id,
        preview_video_url: original.preview_video_url,
        preview_video_asset_id: original.preview_video_asset_id,
        duration: original.duration,
        difficulty: original.difficulty,
        price: original.price,
        discount_price: original.discount_price,
        category_ids: original.categories.iter().map(|category| category.id).collect(),
    }
}
