// A trainer builds a course from nothing, with a picture, a file to take along and a film, and the catalogue shows them.

import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { deflateSync } from 'node:zlib';

import * as api from './client/index.js';
import { type Client } from './client/client/index.js';
import { anonymous, clientFor, expect, expectProblem, loginAs, step } from './kit.js';

function bytes(...parts: (string | number[] | Uint8Array)[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.concat(parts.map((part) => Buffer.from(part as Uint8Array))));
}

function number(value: number): Uint8Array {
  const four = Buffer.alloc(4);
  four.writeUInt32BE(value);
  return four;
}

/** A picture of one colour. */
function png(width: number, height: number): Uint8Array<ArrayBuffer> {
  const crc = (data: Uint8Array): number => {
    let sum = ~0;
    for (const byte of data) {
      sum ^= byte;
      for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
    }
    return ~sum >>> 0;
  };
  const chunk = (name: string, content: Uint8Array): Uint8Array => {
    const named = bytes(name, content);
    return bytes(number(content.length), named, number(crc(named)));
  };
  const row = bytes([0], ...Array.from({ length: width }, () => [20, 120, 200]));
  const rows = bytes(...Array.from({ length: height }, () => row));
  return bytes(
    [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
    chunk('IHDR', bytes(number(width), number(height), [8, 2, 0, 0, 0])),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', bytes()),
  );
}

/** A document of one empty page. */
function pdf(): Uint8Array<ArrayBuffer> {
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>',
  ];
  let text = '%PDF-1.4\n';
  const places = objects.map((object, index) => {
    const place = text.length;
    text += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(place).padStart(10, '0')} 00000 n \n`;
  });
  const table = text.length;
  text += `xref\n0 4\n0000000000 65535 f \n${places.join('')}trailer\n<< /Size 4 /Root 1 0 R >>\nstartxref\n${table}\n%%EOF\n`;
  return bytes(text);
}

/** A film of one black frame: its kind, its pictures, and an index at the end, as cameras write it. */
function mp4(milliseconds: number): Uint8Array<ArrayBuffer> {
  const box = (name: string, ...content: Uint8Array[]): Uint8Array => {
    const whole = bytes(...content);
    return bytes(number(whole.length + 8), name, whole);
  };
  const zeros = (length: number): Uint8Array => new Uint8Array(length);
  const times = bytes(zeros(12), number(1000), number(milliseconds));
  const picture = box('avc1', zeros(24), Uint8Array.of(2, 128, 1, 104), zeros(50));
  const table = [
    box('stsd', number(0), number(1), picture),
    box('stsz', number(0), number(100), number(1)),
    box('stco', number(0), number(1), number(40)),
  ];
  const media = [
    box('mdhd', times, zeros(4)),
    box('hdlr', zeros(8), bytes('vide'), zeros(13)),
    box('minf', box('stbl', ...table)),
  ];
  return bytes(
    box('ftyp', bytes('isom', number(512), 'isomiso2avc1mp41')),
    box('mdat', new Uint8Array(4096).fill(7)),
    box('moov', box('mvhd', times, zeros(80)), box('trak', box('tkhd', zeros(84)), box('mdia', ...media))),
  );
}

const sums = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');

async function send(target: api.UploadTarget | api.VideoUploadTarget, data: Uint8Array<ArrayBuffer>): Promise<void> {
  const sent = await fetch(target.url, { method: target.method, headers: { ...target.headers }, body: data });
  assert(sent.ok, `${sent.status} ${target.url}: ${await sent.text()}`);
}

async function upload(
  client: Client,
  purpose: 'IMAGE' | 'ATTACHMENT',
  name: string,
  contentType: string,
  data: Uint8Array<ArrayBuffer>,
): Promise<string> {
  const { body } = await expect(
    201,
    api.createUpload({
      client,
      body: { purpose, name, contentType, sizeBytes: data.length, sha256: sums(data) },
      headers: { 'Idempotency-Key': randomUUID() },
    }),
  );
  assert(body.target, 'an upload without a target');
  await send(body.target, data);
  const { body: done } = await expect(200, api.completeUpload({ client, path: { upload_id: body.id } }));
  assert.equal(done.status, 'READY', JSON.stringify(done));
  return done.id;
}

const trainer = await step('the trainer logs in', () => loginAs('elena'));
const document = pdf();
const film = mp4(61_500);

const course = await step('creates a course with a picture of her own', async () => {
  const imageId = await upload(trainer, 'IMAGE', 'rings.png', 'image/png', png(640, 360));
  const { body: categories } = await expect(200, api.listCategories({ client: anonymous }));
  const category = categories.data[0];
  assert(category, 'the demo school has no category');
  const { body } = await expect(
    201,
    api.createCourse({
      client: trainer,
      body: {
        title: `Rings ${randomUUID()}`,
        description: 'Two rings and a bar.',
        imageId,
        categoryIds: [category.id],
        price: null,
      },
    }),
  );
  return body;
});
const path = { course_id: course.id };

const videoAssetId = await step('sends a film', async () => {
  const { body } = await expect(
    201,
    api.createVideoUpload({
      client: trainer,
      body: { name: 'rings.mp4', contentType: 'video/mp4', sizeBytes: film.length },
    }),
  );
  const of = { video_asset_id: body.videoAsset.id };
  await expectProblem(409, api.completeVideoUpload({ client: trainer, path: of }), 'upload_incomplete');
  await send(body.target, film);
  const { body: done } = await expect(200, api.completeVideoUpload({ client: trainer, path: of }));
  assert.equal(done.status, 'READY', JSON.stringify(done));
  return done.id;
});

const { chapter, lesson, attachment } = await step('adds a lesson with the film, and a file', async () => {
  const { body: chapter } = await expect(
    201,
    api.createChapter({ client: trainer, path, body: { title: 'Hanging', isFree: false } }),
  );
  const { body: lesson } = await expect(
    201,
    api.createLesson({
      client: trainer,
      path: { chapter_id: chapter.id },
      body: { title: 'The dead hang', videoAssetId },
    }),
  );
  const fileId = await upload(trainer, 'ATTACHMENT', 'plan.pdf', 'application/pdf', document);
  const { body: attachment } = await expect(
    201,
    api.createLessonAttachment({
      client: trainer,
      path: { lesson_id: lesson.id },
      body: { name: 'Plan', fileId },
    }),
  );
  return { chapter, lesson, attachment };
});

await step('publishes it', async () => {
  await expect(200, api.publishLesson({ client: trainer, path: { lesson_id: lesson.id } }));
  await expect(200, api.publishChapter({ client: trainer, path: { chapter_id: chapter.id } }));
  await expect(200, api.publishCourse({ client: trainer, path }));
});

await step('everybody sees the course and its picture', async () => {
  const { body } = await expect(
    200,
    api.listCourses({ client: anonymous, query: { q: course.title, limit: 100 } }),
  );
  const found = body.data.find((one) => one.id === course.id);
  assert(found?.imageUrl, 'the catalogue shows no picture');
  const picture = await fetch(found.imageUrl);
  assert.equal(picture.status, 200);
  assert.match(picture.headers.get('content-type') ?? '', /^image\//);
});

const learner = await step('a learner registers and enrols', async () => {
  const account = { email: `${randomUUID()}@journey.example`, password: 'a-long-journey-2026' };
  const { body } = await expect(201, api.register({ client: anonymous, body: account }));
  assert('accessToken' in body);
  const learner = clientFor(body.accessToken);
  await expectProblem(403, api.playLesson({ client: learner, path: { lesson_id: lesson.id } }), 'not_granted');
  await expectProblem(404, api.downloadAttachment({ client: learner, path: { attachment_id: attachment.id } }));
  await expect(201, api.enrollInCourse({ client: learner, path }));
  return learner;
});

await step('takes the file along', async () => {
  const { body } = await expect(
    200,
    api.downloadAttachment({ client: learner, path: { attachment_id: attachment.id } }),
  );
  const file = await fetch(body.url);
  assert.equal(file.status, 200);
  assert.equal(sums(new Uint8Array(await file.arrayBuffer())), sums(document));
});

await step('watches the film, from the middle', async () => {
  const { body } = await expect(200, api.playLesson({ client: learner, path: { lesson_id: lesson.id } }));
  assert.equal(body.provider, 'LOCAL');
  const middle = Math.floor(film.length / 2);
  const part = await fetch(body.streamUrl, { headers: { range: `bytes=${middle}-${middle + 99}` } });
  assert.equal(part.status, 206);
  assert.equal(part.headers.get('content-range'), `bytes ${middle}-${middle + 99}/${film.length}`);
  assert.deepEqual(new Uint8Array(await part.arrayBuffer()), film.slice(middle, middle + 100));
});

await step('tells what was watched, and is told where to go on', async () => {
  const path = { lesson_id: lesson.id };
  const played = { ranges: [{ from: 0, to: 1 }], positionSeconds: 1 };
  const { body } = await expect(200, api.watchLesson({ client: learner, path, body: played }));
  assert.equal(body.positionSeconds, 1);
  const { body: batch } = await expect(
    200,
    api.sendProgressBatch({
      client: learner,
      body: { items: [{ lessonId: lesson.id, ...played }, { lessonId: randomUUID(), positionSeconds: 1 }] },
    }),
  );
  assert.deepEqual(batch.results.map((result) => [result.isAccepted, result.code]), [[true, null], [false, 'not_found']]);
  const { body: next } = await expect(200, api.listMyResumePoints({ client: learner }));
  assert.equal(next.data[0]?.lessonId, lesson.id);
});
