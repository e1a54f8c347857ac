// Keeps the frames that the page's video shows, pixel by pixel as a page can read
// them. It is loaded when recording is wanted; nothing runs until start().
globalThis.easelRecord ??= (() => {
  'use strict';

  let shots = [];
  let recording = null;

  const now = () => performance.timeOrigin + performance.now();

  // The frame is read at once: a canvas that is not read may draw later.
  function take(video, at) {
    const { videoWidth: width, videoHeight: height } = video;
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext('2d', { willReadFrequently: true, alpha: false });
    context.drawImage(video, 0, 0);
    shots.push({ at, width, height, pixels: context.getImageData(0, 0, width, height).data });
  }

  return {
    // Keeps what is shown now and every frame presented from now on, but at most
    // one in gap milliseconds and most in all.
    start(gap, most) {
      const video = easelBench.video();
      if (!video) return false;
      shots = [];
      const mine = {};
      recording = mine;
      take(video, now());
      let last = 0;
      let late = 0; // the timer for a frame that came too soon after another
      const keep = (at) => {
        if (recording !== mine || shots.length > most) return;
        last = now();
        take(video, at);
      };
      const onFrame = () => {
        if (recording !== mine) return;
        video.requestVideoFrameCallback(onFrame);
        const at = now();
        clearTimeout(late);
        if (at - last >= gap) keep(at);
        // The frame counts from when it was shown, unless another replaces it.
        else late = setTimeout(keep, gap, at);
      };
      video.requestVideoFrameCallback(onFrame);
      return true;
    },

    // Ends the recording; gives each frame's time (Unix milliseconds) and size.
    stop() {
      recording = null;
      return shots.map(({ at, width, height }) => ({ at, width, height }));
    },

    // The pixels of a frame: red, green, blue, alpha; base64.
    pixels(index) {
      const { pixels } = shots[index];
      return new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength).toBase64();
    },

    clear() {
      shots = [];
    },
  };
})();
