// Where the weighted sums of the first layer are 0 in the plane of two inputs.

const MOST_LINES = 32;

// Whether all inputs of a network have maps, and its first layer is a hidden one.
export function hasLines({ plane, units, inputs }) {
    return Boolean(plane) && units.length > 1 && plane.inputs.length === inputs.length;
}

// Return the line of each unit of the first layer, as `zeroLine` does.
export function firstLines({ plane, units }, { W1, b1 }) {
    if (!W1) return [];
    const lines = [];
    for (let unit = 0; unit < Math.min(units[0], MOST_LINES); unit++) {
        const sums = new Float32Array(plane.side ** 2).fill(b1?.[unit] ?? 0);
        plane.inputs.forEach((values, input) => {
            const weight = W1[input * units[0] + unit];
            for (let n = 0; n < sums.length; n++) sums[n] += weight * values[n];
        });
        lines.push(zeroLine(sums, plane.side));
    }
    return lines;
}

// Return where a function is 0: straight pieces [x1, y1, x2, y2], as shares of a square's side.
// `values` are those in the middles of the pixels, row by row.
export function zeroLine(values, side) {
    const [width, grid] = [side + 2, extended(values, side)];
    const place = (n) => [((n % width) - 0.5) / side, (Math.floor(n / width) - 0.5) / side];
    const between = (from, to) => {
        const share = grid[from] / (grid[from] - grid[to]);
        const [[x1, y1], [x2, y2]] = [place(from), place(to)];
        return [x1 + share * (x2 - x1), y1 + share * (y2 - y1)];
    };
    const pieces = [];
    for (let row = 0; row <= side; row++) {
        for (let column = 0; column <= side; column++) {
            const first = row * width + column;
            const corners = [first, first + 1, first + width + 1, first + width];
            const ends = corners
                .map((each, n) => [each, corners[(n + 1) % 4]])
                .filter(([from, to]) => grid[from] < 0 !== grid[to] < 0)
                .map(([from, to]) => between(from, to));
            for (let n = 0; n < ends.length; n += 2) pieces.push([...ends[n], ...ends[n + 1]]);
        }
    }
    return pieces;
}

// Return the values with another row or column at each side, where the function goes on straight.
function extended(values, side) {
    const width = side + 2;
    const grid = new Float32Array(width * width);
    for (let row = 0; row < side; row++)
        grid.set(values.subarray(row * side, (row + 1) * side), (row + 1) * width + 1);
    const goOn = (to, step) => {
        grid[to] = 2 * grid[to + step] - grid[to + 2 * step];
    };
    for (let row = 1; row <= side; row++) {
        goOn(row * width, 1);
        goOn(row * width + side + 1, -1);
    }
    for (let column = 0; column < width; column++) {
        goOn(column, width);
        goOn((side + 1) * width + column, -width);
    }
    return grid;
}
