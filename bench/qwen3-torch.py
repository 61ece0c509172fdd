"""The same song in the Hugging Face implementation (PyTorch, float32, CPU): random weights, only the time counts.

Arguments: config.json of the checkpoint, threads, tokens of one window, windows of the song.
"""
import json
import sys
import time

import torch
import transformers
from transformers.models.qwen3_asr import configuration_qwen3_asr as configuration
from transformers.models.qwen3_asr import modeling_qwen3_asr as modeling

sizes = json.load(open(sys.argv[1]))["thinker_config"]
threads, tokens, windows = (int(argument) for argument in sys.argv[2:5])
torch.set_num_threads(threads)
audio, text = dict(sizes["audio_config"]), dict(sizes["text_config"])
audio["model_type"], text["model_type"] = "qwen3_asr_encoder", "qwen3"
config = configuration.Qwen3ASRConfig(
    audio_config=audio, text_config=text, num_labels=sizes["classify_num"], audio_token_id=1
)
with torch.device("cpu"), torch.no_grad():
    # initialising a billion weights by the book takes minutes and changes no time
    torch.nn.init.normal_ = torch.nn.init.trunc_normal_ = lambda tensor, *_, **__: tensor
    model = modeling.Qwen3ASRForTokenClassification(config).float().eval()
    for parameter in model.parameters():
        parameter.fill_(0.01)

WINDOW_FRAMES = 3000  # 30 s
encoder = model.model.get_audio_features
encoding = 0.0


def timed_encoder(*args, **kwargs):
    global encoding
    start = time.perf_counter()
    result = encoder(*args, **kwargs)
    encoding += time.perf_counter() - start
    return result


model.model.get_audio_features = timed_encoder


def align(count):
    """`count` windows' worth of audio and text at once; returns seconds and CPU seconds."""
    frames = count * WINDOW_FRAMES
    audio_tokens = frames // 100 * 13
    # the two markers around the audio stand once, however much audio and text there is
    ids = torch.full((1, count * (tokens - 2) + 2), 5)
    ids[0, 1 : 1 + audio_tokens] = 1
    features = torch.randn(1, 128, frames)
    mask = torch.ones(1, frames, dtype=torch.long)
    start, cpu = time.perf_counter(), time.process_time()
    model(input_ids=ids, input_features=features, input_features_mask=mask)
    return time.perf_counter() - start, time.process_time() - cpu


def measured(counts):
    global encoding
    encoding = 0.0
    passes = [align(count) for count in counts]
    return {
        "encodeSeconds": encoding,
        "seconds": sum(seconds for seconds, _ in passes),
        "cpuSeconds": sum(cpu for _, cpu in passes),
    }


with torch.inference_mode():
    align(1)
    result = {
        "versions": f"PyTorch {torch.__version__}, transformers {transformers.__version__}",
        "windows": measured([1] * windows),
        "whole": measured([windows]),
    }
print(json.dumps(result))
