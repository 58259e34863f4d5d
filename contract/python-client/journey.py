"""A trainer's and a learner's way through the API with the client that openapi-python-client generates: journey.py CLIENT_FOLDER."""

import importlib
import os
import pkgutil
import sys
import uuid

sys.path.insert(0, sys.argv[1])
import palestra_client
from palestra_client import AuthenticatedClient, Client, models
from palestra_client.api.access import enroll_in_course
from palestra_client.api.auth import login, register
from palestra_client.api.categories import list_categories
from palestra_client.api.chapters import create_chapter, publish_chapter
from palestra_client.api.courses import create_course, get_course, list_courses, publish_course, update_course
from palestra_client.api.lessons import create_lesson, get_lesson, publish_lesson
from palestra_client.api.progress import complete_lesson, get_course_progress

BASE_URL = os.environ["BASE_URL"]


def expect(status: int, response):
    assert response.status_code == status, f"{response.status_code} instead of {status}: {response.content[:500]!r}"
    return response.parsed


def every_module_imports() -> int:
    modules = list(pkgutil.walk_packages(palestra_client.__path__, "palestra_client."))
    for module in modules:
        importlib.import_module(module.name)
    return len(modules)


def logged_in(token: str) -> AuthenticatedClient:
    return AuthenticatedClient(base_url=BASE_URL, token=token)


print(f"{every_module_imports()} modules import")
anonymous = Client(base_url=BASE_URL)

login_body = models.Login(email="elena@palestra.example", password="palestra-demo-2026")
trainer = logged_in(expect(200, login.sync_detailed(client=anonymous, body=login_body)).access_token)
registration = models.Register(
    email=f"{uuid.uuid4()}@journey.example", password="a-long-journey-2026", name="Nia Newcomer"
)
learner = logged_in(expect(201, register.sync_detailed(client=anonymous, body=registration)).access_token)

category = expect(200, list_categories.sync_detailed(client=anonymous)).data[0]
new = models.CreateCourse(
    title="Kettlebells from zero",
    description="Six weeks, two bells, no machines.",
    image_url="https://images.example.org/kettlebells.jpg",
    category_ids=[category.id],
)
course = expect(201, create_course.sync_detailed(client=trainer, body=new))
changed = expect(
    200,
    update_course.sync_detailed(str(course.id), client=trainer, body=models.PatchCourse(title="Kettlebells"), if_match="*"),
)
assert changed.title == "Kettlebells" and not changed.is_published

chapter = expect(
    201, create_chapter.sync_detailed(course.id, client=trainer, body=models.CreateChapter(title="The swing"))
)
lesson = expect(
    201,
    create_lesson.sync_detailed(
        chapter.id, client=trainer, body=models.CreateLesson(title="The hinge", content="<p>Hips back.</p>")
    ),
)
# Without a login: the client asks for none where the API needs none.
expect(404, get_course.sync_detailed(str(course.id), client=anonymous))
expect(200, publish_lesson.sync_detailed(lesson.id, client=trainer))
expect(200, publish_chapter.sync_detailed(chapter.id, client=trainer))
expect(200, publish_course.sync_detailed(course.id, client=trainer))
assert expect(200, get_course.sync_detailed(str(course.id), client=anonymous)).title == "Kettlebells"

first = expect(200, list_courses.sync_detailed(client=anonymous, limit=1))
assert first.has_more and first.data[0].id != expect(
    200, list_courses.sync_detailed(client=anonymous, limit=1, cursor=first.next_cursor)
).data[0].id

expect(201, enroll_in_course.sync_detailed(course.id, client=learner))
assert "Hips back" in expect(200, get_lesson.sync_detailed(lesson.id, client=learner)).content
expect(200, complete_lesson.sync_detailed(lesson.id, client=learner))
assert expect(200, get_course_progress.sync_detailed(course.id, client=learner)).is_completed
print("a trainer published a course, and a learner completed it")
