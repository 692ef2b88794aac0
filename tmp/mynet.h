
#include <eml_net.h>
static const float mynet_layer_0_biases[8] = { 0.577583f, 0.514989f, 0.578266f, -0.428523f, 0.758438f, 0.335033f, -0.114690f, 0.598727f };
static const float mynet_layer_0_weights[32] = { 0.076522f, -0.067594f, -0.735101f, -0.701208f, -0.892071f, -0.368726f, -0.090520f, 0.279028f, -0.022101f, 0.274517f, -0.097226f, 0.130713f, -0.324057f, 0.531819f, -0.851556f, 0.068103f, -0.376926f, -0.201059f, -0.763464f, -0.313539f, 0.707494f, 0.805278f, -0.549807f, 0.513646f, 0.284017f, 0.817644f, -0.393926f, -0.368958f, 0.026996f, 0.367766f, -1.063851f, -0.579980f };
static const float mynet_layer_1_biases[3] = { -0.675023f, 0.017709f, 0.301999f };
static const float mynet_layer_1_weights[24] = { 0.947411f, 0.143620f, -0.121084f, 0.390502f, -1.059322f, 0.385581f, 0.877448f, -0.366239f, -0.584240f, -0.941357f, -0.380809f, 0.075076f, -0.317142f, -0.888089f, 0.442414f, -0.771431f, -0.134164f, -0.255639f, 0.018129f, 0.778665f, -1.112283f, -0.721969f, 0.719452f, -0.276073f };
static float mynet_buf1[8];
static float mynet_buf2[8];
static const EmlNetLayer mynet_layers[2] = { 
{ 8, 4, mynet_layer_0_weights, mynet_layer_0_biases, EmlNetActivationRelu }, 
{ 3, 8, mynet_layer_1_weights, mynet_layer_1_biases, EmlNetActivationSoftmax } };
static EmlNet mynet = { 2, mynet_layers, mynet_buf1, mynet_buf2, 8 };

    int32_t
    mynet_predict(const float *features, int32_t n_features)
    {
        return eml_net_predict(&mynet, features, n_features);
    }
    

    int32_t
    mynet_regress(const float *features, int32_t n_features, float *out, int32_t out_length)
    {
        return eml_net_regress(&mynet, features, n_features, out, out_length);
    }
    

    float
    mynet_regress1(const float *features, int32_t n_features)
    {
        return eml_net_regress1(&mynet, features, n_features);
    }
    
                eml_q16_t mynet_fixed_values[4];

                int mynet_predict_float(const float *values, int length) {
                    for (int i=0; i<length; i++) {
                        mynet_fixed_values[i] = EML_Q16_FROMFLOAT(values[i]);
                    }
                    return mynet_predict(mynet_fixed_values, length); 
                }
                