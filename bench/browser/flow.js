// Notes when the page's video presents a frame, and of which size. It reads no
// pixels and asks for no animation frame.
globalThis.easelFlow ??= (() => {
  'use strict';

  let frames = [];
  let flowing = null;

  return {
    start() {
      const video = easelBench.video();
      if (!video) return false;
      frames = [];
      const mine = {};
      flowing = mine;
      const onFrame = (_, { width, height }) => {
        if (flowing !== mine) return;
        video.requestVideoFrameCallback(onFrame);
        frames.push({ at: performance.timeOrigin + performance.now(), width, height });
      };
      video.requestVideoFrameCallback(onFrame);
      return true;
    },

    stop() {
      flowing = null;
      return frames;
    },
  };
})();
