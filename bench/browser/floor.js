// The measurement's own floor: a canvas of this page alone turns on a press,
// without network, X or codec. Its latency is the wait for the next frame.
(() => {
  'use strict';
  const canvas = document.createElement('canvas');
  canvas.width = innerWidth;
  canvas.height = innerHeight;
  canvas.style.cssText = 'position:fixed;inset:0';
  document.documentElement.append(canvas);
  const context = canvas.getContext('2d');
  let bright = false;
  let waiting = null;
  addEventListener('pointerdown', (event) => {
    bright = !bright;
    context.fillStyle = bright ? 'white' : 'black';
    context.fillRect(0, 0, canvas.width, canvas.height);
    requestAnimationFrame(() => {
      // A message posted while a frame is made arrives after it is painted.
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => waiting?.(performance.now() - event.timeStamp);
      port2.postMessage(null);
    });
  });
  globalThis.easelFloor = {
    arm: () => {
      easelFloor.pending = new Promise((resolve) => {
        waiting = resolve;
      });
    },
    result: () => easelFloor.pending,
  };
})();
