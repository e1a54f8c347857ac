/**
 * The codec of Easel's own messages in LiveKit data packets: the twin of the Go
 * package wire, whose documentation describes every layout. Both are held to
 * wire/testdata/vectors.json.
 */
export * from './clipboard';
export * from './control';
export * from './cursor';
export * from './exact';
export * from './frame';
export * from './input';
export * from './limits';
export * from './presence';
