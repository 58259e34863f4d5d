// The main journey through the API, as a third party walks it: a trainer builds and publishes a course, a learner
// finds, joins and completes it. Only the generated client is used, so that what it cannot express is a fault of the document.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

import * as api from './client/index.js';
import { anonymous, clientFor, expect, expectProblem, header, loginAs, step } from './kit.js';

// The list is paged on purpose: one course a page, until the course turns up or the pages end.
async function isListed(courseId: string): Promise<boolean> {
  let cursor: string | null | undefined;
  do {
    const { body: page }: { body: api.CoursePage } = await expect(
      200,
      api.listCourses({ client: anonymous, query: { limit: 1, ...(cursor ? { cursor } : {}) } }),
    );
    assert(page.data.length <= 1);
    assert.equal(page.hasMore, page.nextCursor != null);
    if (page.data.some((course) => course.id === courseId)) return true;
    cursor = page.nextCursor;
  } while (cursor);
  return false;
}

const email = `${randomUUID()}@journey.example`;
const password = 'a-long-journey-2026';

const registered = await step('a newcomer registers', async () => {
  const { body, headers } = await expect(
    201,
    api.register({ client: anonymous, body: { email, password, name: 'Nia Newcomer' } }),
  );
  header(headers, 'location');
  // Where addresses are verified first, nobody is logged in yet.
  assert('accessToken' in body);
  assert.equal(body.tokenType, 'Bearer');
  assert.equal(body.user.email, email);
  await expectProblem(409, api.register({ client: anonymous, body: { email, password } }));
  await expectProblem(401, api.login({ client: anonymous, body: { email, password: 'not-that-one-2026' } }));
  return body;
});
const learner = clientFor(registered.accessToken);

await step('reads and changes the own account', async () => {
  await expectProblem(401, api.getMe({ client: anonymous }));
  const { body: me, headers } = await expect(200, api.getMe({ client: learner }));
  assert.equal(me.id, registered.user.id);
  const { body: renamed } = await expect(
    200,
    api.updateMe({ client: learner, body: { name: 'Nia' }, headers: { 'If-Match': header(headers, 'etag') } }),
  );
  assert.equal(renamed.name, 'Nia');
});

const trainer = await step('the trainer logs in', () => loginAs('elena'));

const course = await step('creates a course, once, though it is sent twice', async () => {
  const { body: categories } = await expect(200, api.listCategories({ client: anonymous }));
  const category = categories.data[0];
  assert(category, 'the demo school has no category');
  const request = {
    body: {
      title: 'Kettlebells from zero',
      description: 'Six weeks, two bells, no machines.',
      imageUrl: 'https://images.example.org/kettlebells.jpg',
      categoryIds: [category.id],
      price: null,
    },
    headers: { 'Idempotency-Key': randomUUID() },
  };
  await expectProblem(403, api.createCourse({ client: learner, ...request }));
  const first = await expect(201, api.createCourse({ client: trainer, ...request }));
  header(first.headers, 'location');
  const again = await expect(201, api.createCourse({ client: trainer, ...request }));
  assert.equal(again.body.id, first.body.id);
  assert.equal(header(again.headers, 'idempotent-replayed'), 'true');
  assert.equal(first.body.isPublished, false);

  // Two editors at once: the one who holds a stale copy is told so.
  const path = { course: first.body.id };
  const etag = header(first.headers, 'etag');
  const { body: updated } = await expect(
    200,
    api.updateCourse({ client: trainer, path, body: { title: 'Kettlebells' }, headers: { 'If-Match': etag } }),
  );
  assert.equal(updated.title, 'Kettlebells');
  await expectProblem(
    412,
    api.updateCourse({ client: trainer, path, body: { title: 'Late' }, headers: { 'If-Match': etag } }),
  );
  return updated;
});
const coursePath = { course_id: course.id };

const { chapter, lesson } = await step('adds a chapter and a lesson', async () => {
  const { body: chapter } = await expect(
    201,
    api.createChapter({ client: trainer, path: coursePath, body: { title: 'The swing', isFree: false } }),
  );
  const { body: lesson } = await expect(
    201,
    api.createLesson({
      client: trainer,
      path: { chapter_id: chapter.id },
      body: { title: 'The hinge', content: '<p>Hips back, chest proud.</p>' },
    }),
  );
  return { chapter, lesson };
});
const lessonPath = { lesson_id: lesson.id };

await step('publishes from the inside out', async () => {
  await expectProblem(404, api.getCourse({ client: anonymous, path: { course: course.id } }));
  assert.equal(await isListed(course.id), false);
  const published = [
    await expect(200, api.publishLesson({ client: trainer, path: lessonPath })),
    await expect(200, api.publishChapter({ client: trainer, path: { chapter_id: chapter.id } })),
    await expect(200, api.publishCourse({ client: trainer, path: coursePath })),
  ];
  for (const { body } of published) assert.equal(body.isPublished, true);
});

await step('everybody finds the course', async () => {
  assert.equal(await isListed(course.id), true);
  const { body } = await expect(200, api.getCourse({ client: anonymous, path: { course: course.slug } }));
  assert.equal(body.id, course.id);
});

await step('the lesson stays closed to whoever is not enrolled', async () => {
  await expectProblem(401, api.getLesson({ client: anonymous, path: lessonPath }));
  await expectProblem(403, api.getLesson({ client: learner, path: lessonPath }), 'not_granted');
});

await step('the learner enrols and reads it', async () => {
  await expect(201, api.enrollInCourse({ client: learner, path: coursePath }));
  const { body } = await expect(200, api.getLesson({ client: learner, path: lessonPath }));
  assert.match(body.content ?? '', /Hips back/);
  await expectProblem(403, api.getLesson({ client: await loginAs('tom'), path: lessonPath }), 'not_granted');
});

await step('completes the course', async () => {
  const { body: before } = await expect(200, api.getCourseProgress({ client: learner, path: coursePath }));
  assert.equal(before.isCompleted, false);
  await expect(200, api.completeLesson({ client: learner, path: lessonPath }));
  const { body: after } = await expect(200, api.getCourseProgress({ client: learner, path: coursePath }));
  assert.equal(after.isCompleted, true);
});

await step('renews the session and logs out', async () => {
  const { body: renewed } = await expect(
    200,
    api.refreshSession({ client: anonymous, body: { refreshToken: registered.refreshToken } }),
  );
  await expect(200, api.getMe({ client: clientFor(renewed.accessToken) }));
  await expect(204, api.logout({ client: anonymous, body: { refreshToken: renewed.refreshToken } }));
  await expectProblem(
    401,
    api.refreshSession({ client: anonymous, body: { refreshToken: renewed.refreshToken } }),
  );
});
