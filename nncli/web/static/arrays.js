// Arrays of numbers in messages: their bytes in base64, little-endian.

// Return the bytes of a text in base64, in `buffer` if it has the right size.
export function bytesOf(text, buffer) {
    const binary = atob(text);
    const bytes = buffer?.length === binary.length ? buffer : new Uint8Array(binary.length);
    for (let n = 0; n < binary.length; n++) bytes[n] = binary.charCodeAt(n);
    return bytes;
}

export function floatsOf(text, buffer) {
    const bytes = bytesOf(text, buffer && new Uint8Array(buffer.buffer));
    return new Float32Array(bytes.buffer);
}

// Decodes the arrays and maps of frames into buffers that the next frame uses again.
export class Decoder {
    constructor() {
        this.arrays = {};
        this.maps = [];
    }

    take(frame) {
        for (const [name, text] of Object.entries(frame.arrays)) {
            this.arrays[name] = floatsOf(text, this.arrays[name]);
        }
        frame.maps.forEach(([text, largest], layer) => {
            const bytes = bytesOf(text, this.maps[layer]?.bytes);
            this.maps[layer] = { bytes, values: new Int8Array(bytes.buffer), largest };
        });
        this.maps.length = frame.maps.length;
    }
}
