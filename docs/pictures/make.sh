#!/usr/bin/env bash
# Makes pictures of the documentation again: some minutes on two cores. It needs skvaal with every extra on the path,
# $SKVAAL_DATA with fashion_mnist.npz, and for the page Chromium. "first_picks", "picks_page" or "displays" makes one alone.
set -euo pipefail
pictures="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
work="$(realpath -m "$pictures/../../build/pictures")"
mkdir -p "$work"
shrink() {  # picture, width, name: at most so many pixels, in 48 colours
    python - "$1" "$2" "$pictures/$3" <<'END'
import sys
from PIL import Image

source, width, target = sys.argv[1], int(sys.argv[2]), sys.argv[3]
image = Image.open(source).convert("RGB")
if image.width > width:
    image = image.resize((width, round(image.height * width / image.width)), Image.Resampling.LANCZOS)
few = image.quantize(48, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
few.save(target, optimize=True)
END
}
case "${1:-all}" in first_picks | all)
    skvaal benchmark --quiet --data fashion_mnist --strategies random,margin,herding,vaal_herding,vaal \
        --pool-size 8000 --seeds 1 --initial 100 --batch 20 --rounds 1 --out "$work/first_picks"
    shrink "$work/first_picks/figures/fashion_mnist_first_picks.png" 1200 fashion_mnist_first_picks.png ;;&
picks_page | all)
    python "$pictures/../../examples/make_photos.py" "$work/photos" "$work/labels.csv"
    skvaal query "$work/photos" --labels "$work/labels.csv" -n 6 --out "$work/page" --quiet
    chromium --headless --no-sandbox --hide-scrollbars --window-size=1100,2200 \
        --screenshot="$work/page.png" "file://$work/page/page.html"
    shrink "$work/page.png" 1100 picks_page.png ;;&
displays | all)  # the first example of the guide
    python - "$pictures/../guide/displays.rst" "$work/displays.png" <<'END'
import sys
import textwrap
from pathlib import Path

example = Path(sys.argv[1]).read_text().split(".. code-block:: python\n")[1].split("\n.. ")[0]
names = {}
exec(textwrap.dedent(example), names)
names["figure"].savefig(sys.argv[2], dpi=100)
END
    shrink "$work/displays.png" 1200 displays.png ;;
esac
