/** One file's way to the server by the tus protocol: it goes on where it broke off. */

import { DetailedError, Upload } from 'tus-js-client';
import type { Begin } from './uploads';

/** Bytes of a request. A proxy that buffers whole requests still shows progress. */
const CHUNK = 16 << 20;
/** Waits between attempts in milliseconds: some minutes, then people decide. */
const RETRIES = [0, 1000, 3000, 5000, ...Array<number>(60).fill(10_000)];

/** Refusals that another attempt does not change. */
const FINAL = [400, 401, 403, 404, 410, 413, 415, 422, 507];

function statusOf(error: Error): number {
  return error instanceof DetailedError ? (error.originalResponse?.getStatus() ?? 0) : 0;
}

/** What the server said (RFC 9457), or what that it said nothing means. */
function reasonOf(error: Error): string {
  const body = error instanceof DetailedError ? error.originalResponse?.getBody() : '';
  try {
    const { detail } = JSON.parse(body || '{}') as { detail?: unknown };
    if (typeof detail === 'string' && detail) return detail;
  } catch {
    // Not a problem document.
  }
  return statusOf(error) ? 'The server refused this file.' : 'The connection broke too often.';
}

/** Sends files to an endpoint of tus. */
export function tusTo(endpoint: string): Begin {
  return (file, folder, events) => {
    let path = '';
    let looked = false;
    const upload = new Upload(file, {
      endpoint,
      chunkSize: CHUNK,
      retryDelays: RETRIES,
      metadata: { filename: file.name, folder },
      removeFingerprintOnSuccess: true,
      onProgress: (sent) => events.progress(sent),
      onShouldRetry: (error) => {
        const again = !FINAL.includes(statusOf(error));
        if (again) events.broken();
        return again;
      },
      onAfterResponse: (_, response) => {
        path = decodeURIComponent(response.getHeader('Easel-Path') ?? '') || path;
      },
      onSuccess: () => events.done(path),
      onError: (error) => events.failed(reasonOf(error)),
    });
    let wanted = false;
    return {
      start: () => {
        wanted = true;
        if (looked) {
          upload.start();
          return;
        }
        looked = true;
        // The same file may have been on its way before the page was reloaded.
        void upload
          .findPreviousUploads()
          .catch(() => [])
          .then(([before]) => {
            if (before) upload.resumeFromPreviousUpload(before);
            if (wanted) upload.start();
          });
      },
      stop: () => {
        wanted = false;
        void upload.abort();
      },
      cancel: () => {
        wanted = false;
        // What can't be forgotten now is swept later.
        upload.abort(true).catch(() => {});
      },
    };
  };
}
