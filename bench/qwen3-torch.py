"""The same window in the Hugging Face implementation (PyTorch, float32, CPU): random weights, only the time counts."""
import json
import sys
import time

import torch
from transformers.models.qwen3_asr import configuration_qwen3_asr as configuration
from transformers.models.qwen3_asr import modeling_qwen3_asr as modeling

sizes = json.load(open(sys.argv[1]))["thinker_config"]
threads, tokens, runs = (int(argument) for argument in sys.argv[2:5])
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

frames = 3000
features = torch.randn(1, 128, frames)
mask = torch.ones(1, frames, dtype=torch.long)
ids = torch.full((1, tokens), 5)
ids[0, 1 : 1 + frames // 100 * 13] = 1
encoding, whole, cpu = [], [], []
with torch.inference_mode():
    for run in range(runs + 1):
        start = time.perf_counter()
        model.model.get_audio_features(features, mask)
        middle, cpu_before = time.perf_counter(), time.process_time()
        model(input_ids=ids, input_features=features, input_features_mask=mask)
        if run > 0:
            encoding.append(middle - start)
            whole.append(time.perf_counter() - middle)
            cpu.append(time.process_time() - cpu_before)
medians = {"encodeSeconds": encoding, "alignSeconds": whole, "cpuSeconds": cpu}
print(json.dumps({name: sorted(values)[runs // 2] for name, values in medians.items()}))
