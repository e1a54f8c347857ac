/** What this app uses of noVNC, whose package has no types. */
declare module '@novnc/novnc' {
  interface Socket {
    rQpeek8(): number;
    rQshift8(): number;
    rQshift32(): number;
    rQskipBytes(count: number): void;
    /** True while fewer bytes are there; then as many as goback are read again. */
    rQwait(what: string, count: number, goback?: number): boolean;
    sQpush8(n: number): void;
    sQpush16(n: number): void;
    flush(): void;
  }

  export default class RFB extends EventTarget {
    constructor(target: Element, channel: object, options?: { shared?: boolean });
    static messages: {
      keyEvent(socket: Socket, keysym: number, down: number): void;
      pointerEvent(socket: Socket, x: number, y: number, buttons: number): void;
      setDesktopSize(
        socket: Socket,
        width: number,
        height: number,
        id: number,
        flags: number,
      ): void;
    };
    viewOnly: boolean;
    scaleViewport: boolean;
    showDotCursor: boolean;
    background: string;
    qualityLevel: number;
    compressionLevel: number;
    disconnect(): void;
    protected _sock: Socket;
    protected _canvas: HTMLCanvasElement;
    protected _fbWidth: number;
    protected _fbHeight: number;
    protected _supportsSetDesktopSize: boolean;
    protected _screenID: number;
    protected _screenFlags: number;
    protected _FBU: { rects: number };
    protected _normalMsg(): boolean;
    protected _framebufferUpdate(): boolean;
  }
}
