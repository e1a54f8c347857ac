import { describe, expect, it } from 'vitest';
import { hasFullColour, QualityProbe } from './quality';

const report = (over: object) =>
  new Map<string, Record<string, unknown>>([
    [
      'in',
      {
        type: 'inbound-rtp',
        kind: 'video',
        timestamp: 0,
        framesDecoded: 0,
        bytesReceived: 0,
        packetsReceived: 0,
        packetsLost: 0,
        frameWidth: 1280,
        frameHeight: 800,
        codecId: 'codec',
        ...over,
      },
    ],
    ['codec', { type: 'codec', mimeType: 'video/VP8' }],
    [
      'pair',
      {
        type: 'candidate-pair',
        nominated: true,
        currentRoundTripTime: 0.012,
        localCandidateId: 'l',
      },
    ],
    ['l', { type: 'local-candidate', protocol: 'udp' }],
  ]);

describe('QualityProbe', () => {
  it('needs two reports', () => {
    const probe = new QualityProbe();
    expect(probe.read(new Map())).toBeNull();
    expect(probe.read(report({}))).toBeNull();
    const next = {
      timestamp: 2000,
      framesDecoded: 60,
      bytesReceived: 500_000,
      packetsReceived: 90,
      packetsLost: 10,
    };
    expect(probe.read(report(next))).toEqual({
      roundTripMs: 12,
      fps: 30,
      kbps: 2000,
      width: 1280,
      height: 800,
      lossPercent: 10,
      codec: 'VP8',
      fullColour: false,
      via: 'webrtc-udp',
    });
  });

  it('reads the chroma from the profile', () => {
    expect(hasFullColour('video/VP9', 'profile-id=1')).toBe(true);
    expect(hasFullColour('video/VP9', 'profile-id=0')).toBe(false);
    expect(hasFullColour('video/VP9', '')).toBe(false);
    expect(hasFullColour('video/AV1', 'level-idx=5;profile=1;tier=0')).toBe(true);
    expect(hasFullColour('video/AV1', 'level-idx=5;profile=0;tier=0')).toBe(false);
    expect(hasFullColour('video/H264', 'packetization-mode=1; profile-level-id=F4001f')).toBe(true);
    expect(hasFullColour('video/H264', 'profile-level-id=42e01f')).toBe(false);
    expect(hasFullColour('video/VP8', 'profile-id=1')).toBe(false);
  });

  it('shows an idle stream as idle, not lossy', () => {
    const probe = new QualityProbe();
    probe.read(report({}));
    expect(probe.read(report({ timestamp: 1000 }))).toMatchObject({
      fps: 0,
      kbps: 0,
      lossPercent: 0,
    });
  });

  it('starts over with a new stream', () => {
    const probe = new QualityProbe();
    probe.read(report({ timestamp: 1000, bytesReceived: 1000 }));
    expect(probe.read(report({ timestamp: 2000, bytesReceived: 10 }))).toBeNull();
  });
});
