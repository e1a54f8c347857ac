// Watches pixels of the page's picture for the bench: a video, or the canvas that
// a VNC client paints. It runs in the page before
// the page's own scripts, does nothing until armed, and never asks for animation
// frames: a page that animates shows video about 10 ms later.
(() => {
  'use strict';

  const BRIGHT = 170; // luma from which a pixel counts as bright
  const DARK = 85; // and up to which as dark
  const PHOTON_WAIT = 150; // ms that the page's own measurement may come after the picture

  const MOST_PHOTONS = 10000; // that are kept

  const read = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
  let watch = null;

  // A canvas that whole pictures are painted on says what a video would: its size,
  // and when a frame of it was painted. Painting is over when the task is.
  const painted = new Set();
  const asVideo = (canvas) => {
    const waiting = [];
    let frames = 0;
    Object.defineProperties(canvas, {
      videoWidth: { get: () => canvas.width },
      videoHeight: { get: () => canvas.height },
      requestVideoFrameCallback: { value: (callback) => waiting.push(callback) },
      getVideoPlaybackQuality: { value: () => ({ totalVideoFrames: frames }) },
      tellPainted: {
        value: () => {
          const now = performance.now();
          frames += 1;
          for (const callback of waiting.splice(0)) callback(now, {});
        },
      },
    });
    painted.add(canvas);
  };
  const { drawImage } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.drawImage = function (image, ...where) {
    drawImage.call(this, image, ...where);
    const canvas = this.canvas;
    if (!(image instanceof HTMLCanvasElement) || !canvas.isConnected || canvas.width < 320) return;
    if (!painted.has(canvas)) asVideo(canvas);
    canvas.tellPainted();
  };
  const visible = (element) => element.isConnected && element.checkVisibility({ visibilityProperty: true });

  // The video, or painted canvas, that shows most of the page's pixels.
  const video = () => {
    const canvases = [...painted].filter(visible);
    const videos = [...document.querySelectorAll('video')].filter(
      (v) => v.readyState >= 2 && v.videoWidth > 0,
    );
    const playing = canvases.length > 0 ? canvases : videos;
    playing.sort((a, b) => b.clientWidth * b.clientHeight - a.clientWidth * a.clientHeight);
    return playing[0];
  };

  // Luma (BT.601) of the video at x, y: 0 to 1 of its width and height.
  const luma = (v, x, y) => {
    const sx = Math.min(Math.floor(x * v.videoWidth), v.videoWidth - 1);
    const sy = Math.min(Math.floor(y * v.videoHeight), v.videoHeight - 1);
    read.drawImage(v, sx, sy, 1, 1, 0, 0, 1, 1);
    const [r, g, b] = read.getImageData(0, 0, 1, 1).data;
    return 0.299 * r + 0.587 * g + 0.114 * b;
  };

  // The page's connections, to ask them how the picture travels, and to hold them
  // to one way: a way that is closed to them they never hear of.
  const connections = [];
  const way = globalThis.easelBenchWay ?? '';
  const closed = { 'webrtc-udp': / tcp /i, 'webrtc-tcp': / udp /i }[way];
  if (globalThis.RTCPeerConnection) {
    globalThis.RTCPeerConnection = class extends RTCPeerConnection {
      constructor(config, ...rest) {
        super(way === 'turn' ? { ...config, iceTransportPolicy: 'relay' } : config, ...rest);
        connections.push(this);
      }

      setConfiguration(config) {
        super.setConfiguration(way === 'turn' ? { ...config, iceTransportPolicy: 'relay' } : config);
      }

      setRemoteDescription({ type, sdp }) {
        const open = (line) => !(closed && line.startsWith('a=candidate:') && closed.test(line));
        return super.setRemoteDescription({ type, sdp: sdp.split('\n').filter(open).join('\n') });
      }

      addIceCandidate(candidate) {
        if (closed?.test(candidate?.candidate ?? '')) return Promise.resolve();
        return super.addIceCandidate(candidate);
      }
    };
  }
  if (way) {
    // Where Easel's page keeps which way its person chose for this tab.
    try {
      sessionStorage.setItem('easel.way', way === 'vnc' ? 'vnc' : 'webrtc');
    } catch {
      // A page without an origin has no storage, and is not Easel's.
    }
  }

  const is = (want, value) => (want === 'bright' ? value >= BRIGHT : value <= DARK);

  addEventListener(
    'pointerdown',
    (event) => {
      if (!watch || watch.stamp !== undefined || !event.isTrusted) return;
      watch.handled = performance.now();
      watch.stamp = event.timeStamp;
    },
    { capture: true, passive: true },
  );

  let photons = null;

  // When the page began to show its canvas by which way, as it says itself.
  const ways = [];
  addEventListener('easel:way', ({ detail }) => ways.push({ ...detail }));

  addEventListener('easel:photon', (event) => {
    if (photons && photons.length < MOST_PHOTONS) photons.push({ ...event.detail });
    if (!watch || watch.stamp === undefined) return;
    const stamp = (performance.timeOrigin + watch.stamp) * 1000;
    if (Math.abs(event.detail.sentAt - stamp) > 100) return;
    watch.photon ??= { ...event.detail };
    settle();
  });

  // The sample is whole once picture and, if the page measures itself, photon
  // are there; it waits for whoever asks for it.
  function settle() {
    if (!watch?.frame || !watch.resolve || !(watch.photon || watch.late)) return;
    const { stamp, handled, frames, frame, photon } = watch;
    const resolve = watch.resolve;
    clearTimeout(watch.timer);
    watch = null;
    resolve({ ok: true, origin: performance.timeOrigin, stamp, handled, frames, ...frame, photon });
  }

  // Luma of one pixel of a frame, without converting the rest of it: the first
  // plane of YUV formats is luma already.
  const lumaOf = async (frame, x, y) => {
    const { codedWidth, codedHeight, format } = frame;
    // Chroma is subsampled: rectangles begin and end at even places.
    const even = (v, size) => Math.min(Math.floor(v * size), size - 2) & ~1;
    const options = { rect: { x: even(x, codedWidth), y: even(y, codedHeight), width: 2, height: 2 } };
    const bytes = new Uint8Array(frame.allocationSize(options));
    await frame.copyTo(bytes, options);
    return /^[RB]G/.test(format) ? (bytes[0] + bytes[1] + bytes[2]) / 3 : bytes[0];
  };

  // The frame is taken hold of at once and looked at afterwards, so that looking
  // costs the measurement nothing. It may be a newer one than the callback is
  // about: the metadata then tell of an earlier frame.
  async function onFrame(now, metadata) {
    const mine = watch;
    if (!mine || mine.frame) return;
    const entered = performance.now();
    const frame = new VideoFrame(mine.video, { timestamp: 0 });
    const held = performance.now();
    mine.video.requestVideoFrameCallback(onFrame);
    if (mine.stamp === undefined) {
      frame.close();
      return;
    }
    mine.frames += 1;
    const { presentationTime, expectedDisplayTime, receiveTime, processingDuration, rtpTimestamp } =
      metadata;
    const value = await lumaOf(frame, mine.x, mine.y);
    frame.close();
    if (mine.frame || !is(mine.want, value)) return;
    mine.frame = {
      callback: now,
      entered,
      held,
      presentation: presentationTime,
      display: expectedDisplayTime,
      receive: receiveTime,
      rtp: rtpTimestamp,
      decode: processingDuration === undefined ? undefined : processingDuration * 1000,
    };
    settle();
    setTimeout(() => {
      mine.late = true;
      if (watch === mine) settle();
    }, PHOTON_WAIT);
  }

  globalThis.easelBench = {
    video,

    // The video's size and where it is on the page (the picture itself, without
    // the bars around it), or null while there is none.
    picture() {
      const v = video();
      if (!v) return null;
      const box = v.getBoundingClientRect();
      const scale =
        getComputedStyle(v).objectFit === 'fill'
          ? null
          : Math.min(box.width / v.videoWidth, box.height / v.videoHeight);
      const width = scale ? v.videoWidth * scale : box.width;
      const height = scale ? v.videoHeight * scale : box.height;
      return {
        width: v.videoWidth,
        height: v.videoHeight,
        left: box.left + (box.width - width) / 2,
        top: box.top + (box.height - height) / 2,
        shownWidth: width,
        shownHeight: height,
        presented: v.getVideoPlaybackQuality().totalVideoFrames,
      };
    },

    // Lumas of a grid of columns × rows points of the video, row by row.
    lumas(columns, rows) {
      const v = video();
      if (!v) return null;
      const canvas = new OffscreenCanvas(v.videoWidth, v.videoHeight);
      const context = canvas.getContext('2d', { willReadFrequently: true });
      context.drawImage(v, 0, 0);
      const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
      const out = [];
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          const px = Math.floor(((column + 0.5) / columns) * canvas.width);
          const py = Math.floor(((row + 0.5) / rows) * canvas.height);
          const at = (py * canvas.width + px) * 4;
          out.push(Math.round(0.299 * data[at] + 0.587 * data[at + 1] + 0.114 * data[at + 2]));
        }
      }
      return out;
    },

    // How the picture arrives, by the connection's own statistics, or painted by a
    // VNC client: null when neither does.
    async transport() {
      const shown = video();
      if (shown && painted.has(shown)) return { protocol: 'vnc' };
      for (const connection of connections) {
        if (connection.connectionState !== 'connected') continue;
        const all = [...(await connection.getStats()).values()];
        const video = all.find((s) => s.type === 'inbound-rtp' && s.kind === 'video');
        if (!video) continue;
        const by = (id) => all.find((s) => s.id === id);
        const pair = by(by(video.transportId)?.selectedCandidatePairId);
        const local = by(pair?.localCandidateId);
        return {
          protocol: local?.protocol ?? '',
          relayed: local?.candidateType === 'relay',
          codec: by(video.codecId)?.mimeType ?? '',
          decoded: video.framesDecoded ?? 0,
          lost: video.packetsLost ?? 0,
          bytes: video.bytesReceived ?? 0,
        };
      }
      return null;
    },

    ways: () => ways,

    // Keeps the page's own measurements from now on.
    collectPhotons() {
      photons = [];
    },

    // Those kept; the keeping ends.
    photons() {
      const kept = photons ?? [];
      photons = null;
      return kept;
    },

    // Waits for the next press and then for the pixel to be 'dark' or 'bright'.
    // Gives the state the pixel is in now; nothing is armed if that is it already.
    arm(x, y, want) {
      const v = video();
      if (!v) return 'none';
      const value = luma(v, x, y);
      if (is(want, value)) return want;
      watch = { video: v, x, y, want, frames: 0 };
      v.requestVideoFrameCallback(onFrame);
      return is('dark', value) ? 'dark' : is('bright', value) ? 'bright' : 'grey';
    },

    // The armed measurement, or { ok: false } after timeout ms.
    result(timeout) {
      const mine = watch;
      if (!mine) return Promise.resolve({ ok: false });
      return new Promise((resolve) => {
        mine.resolve = resolve;
        mine.timer = setTimeout(() => {
          if (watch === mine) watch = null;
          resolve({ ok: false, pressed: mine.stamp !== undefined, frames: mine.frames });
        }, timeout);
        settle();
      });
    },
  };
})();
