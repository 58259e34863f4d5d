// A trainer's and a learner's way through the API with openapi-fetch and the types of openapi-typescript: what these cannot express is a
// fault of the document.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

import createClient, { type Client, type Middleware } from 'openapi-fetch';

import type { paths } from './schema.js';

const baseUrl = process.env['BASE_URL'];
assert(baseUrl, 'BASE_URL is not set');

function clientFor(accessToken?: string): Client<paths> {
  const client = createClient<paths>({ baseUrl });
  const authorize: Middleware = {
    onRequest({ request }) {
      if (accessToken) request.headers.set('Authorization', `Bearer ${accessToken}`);
      return request;
    },
  };
  client.use(authorize);
  return client;
}

type Answer<T> = { data?: T; error?: unknown; response: Response };

/** The body of an answer that must have this success status. */
async function expect<T>(status: number, call: Promise<Answer<T>>): Promise<NonNullable<T>> {
  const { data, error, response } = await call;
  assert.equal(response.status, status, `${response.url}: ${JSON.stringify(error ?? data)}`);
  assert(data, `${response.url} answered without a body`);
  return data;
}

const anonymous = clientFor();
const session = await expect(
  200,
  anonymous.POST('/api/v1/auth/login', { body: { email: 'elena@palestra.example', password: 'palestra-demo-2026' } }),
);
const trainer = clientFor(session.accessToken);
const registered = await expect(
  201,
  anonymous.POST('/api/v1/auth/register', {
    body: { email: `${randomUUID()}@journey.example`, password: 'a-long-journey-2026', name: 'Nia Newcomer' },
  }),
);
// Where addresses are verified first, nobody is logged in yet.
assert('accessToken' in registered);
const learner = clientFor(registered.accessToken);

const categories = await expect(200, anonymous.GET('/api/v1/categories'));
const category = categories.data[0];
assert(category, 'the demo school has no category');
const course = await expect(
  201,
  trainer.POST('/api/v1/courses', {
    body: {
      title: 'Kettlebells from zero',
      description: 'Six weeks, two bells, no machines.',
      imageUrl: 'https://images.example.org/kettlebells.jpg',
      categoryIds: [category.id],
    },
  }),
);
const changed = await expect(
  200,
  trainer.PATCH('/api/v1/courses/{course}', {
    params: { path: { course: course.id }, header: { 'If-Match': '*' } },
    body: { title: 'Kettlebells' },
  }),
);
assert.equal(changed.title, 'Kettlebells');

const of_course = { params: { path: { course_id: course.id } } };
const chapter = await expect(
  201,
  trainer.POST('/api/v1/courses/{course_id}/chapters', { ...of_course, body: { title: 'The swing' } }),
);
const of_chapter = { params: { path: { chapter_id: chapter.id } } };
const lesson = await expect(
  201,
  trainer.POST('/api/v1/chapters/{chapter_id}/lessons', {
    ...of_chapter,
    body: { title: 'The hinge', content: '<p>Hips back.</p>' },
  }),
);
const of_lesson = { params: { path: { lesson_id: lesson.id } } };
await expect(200, trainer.POST('/api/v1/lessons/{lesson_id}/publish', of_lesson));
await expect(200, trainer.POST('/api/v1/chapters/{chapter_id}/publish', of_chapter));
await expect(200, trainer.POST('/api/v1/courses/{course_id}/publish', of_course));

const first = await expect(200, anonymous.GET('/api/v1/courses', { params: { query: { limit: 1 } } }));
assert(first.nextCursor);
const second = await expect(
  200,
  anonymous.GET('/api/v1/courses', { params: { query: { limit: 1, cursor: first.nextCursor } } }),
);
assert.notEqual(first.data[0]?.id, second.data[0]?.id);

await expect(201, learner.POST('/api/v1/courses/{course_id}/enroll', of_course));
const read = await expect(200, learner.GET('/api/v1/lessons/{lesson_id}', of_lesson));
assert(read.content?.includes('Hips back'));
await expect(200, learner.POST('/api/v1/lessons/{lesson_id}/complete', of_lesson));
const progress = await expect(200, learner.GET('/api/v1/courses/{course_id}/progress', of_course));
assert.equal(progress.isCompleted, true);

const refused = await anonymous.GET('/api/v1/me');
assert.equal(refused.response.status, 401);
assert.equal(refused.error?.code, 'unauthenticated');
console.log('a trainer published a course, and a learner completed it');
